// `fairlead init` on a laptop without configuration: it finds what the site has, writes it with comments, and changes nothing the second time.

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const file = '.config/fairlead/config.yaml';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  await laptop(`rm ${file}; printf 'Host bastion login\\nHost *.old\\n' > .ssh/config`);
  const login = [
    'sh',
    '-c',
    'mkdir -p /scratch/alice venv/bin; chown alice /scratch/alice venv venv/bin; ln -s /bin/true venv/bin/vllm',
  ];
  await testbed.exec('login', login, { user: 'root', cwd: '/home/alice' });
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

async function laptop(script: string): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec('laptop', ['sh', '-c', script]);
  if (code !== 0) throw new Error(`cannot do this on the laptop: ${script}: ${stderr}`);
  return stdout;
}

it(
  'init without a terminal names the missing answers and the known hosts',
  async () => {
    const { code, last } = await alice.fairlead('init', '--yes');
    expect(code).toBe(2);
    expect(last).toMatchObject({
      error: { code: 'needs_answer', hint: expect.stringMatching(/--bastion.*bastion, login\./) },
    });
  },
  timeoutMs,
);

it(
  'init writes its findings into a commented file, and changes nothing the second time',
  async () => {
    const first = await alice.fairlead('init', '--yes', '--bastion', 'bastion', '--login', 'login');
    expect(first.last).toMatchObject({ event: 'initialised', ok: true, changed: true });
    expect(first.lines.find(({ event }) => event === 'site.found')).toMatchObject({
      clusterName: 'tb',
      scratch: '/scratch/alice',
      engines: [{ name: 'vllm', elsewhere: ['/home/alice/venv/bin/vllm'], modules: [] }],
      partitions: [{ name: 'gpu' }, { name: 'short' }],
    });
    const { last } = await alice.fairlead('config');
    expect(last['config']).toEqual({
      defaultCluster: 'tb',
      bastion: { fromLaptop: { host: 'bastion' } },
      clusters: {
        tb: {
          login: { host: 'login' },
          slurm: { partition: 'gpu' },
          gpu: { type: 'a100' },
          env: { HF_HOME: '/scratch/alice/huggingface' },
          engines: { vllm: { command: ['/home/alice/venv/bin/vllm', 'serve'] } },
        },
      },
    });
    const text = await laptop(`cat ${file}`);
    for (const comment of [
      '# The SSH host that this machine and the compute nodes both reach.',
      '# Hosts in ~/.ssh/config: bastion, login',
      '#   gpu (default): 1 of 1 nodes usable, up to 1-00:00:00, GPUs a node: 4 a100',
      '#   short: 1 of 1 nodes usable, up to 00:02:00',
      '# Scratch found: /scratch/alice',
      '# tokenFile: ~/.hf-token',
    ])
      expect(text.replaceAll(/#\s+/g, '# ')).toContain(comment.replaceAll(/#\s+/g, '# '));

    const second = await alice.fairlead('init', '--yes');
    expect(second.last).toMatchObject({ event: 'initialised', ok: true, changed: false });
    expect(await laptop(`cat ${file}`)).toBe(text);
  },
  timeoutMs,
);

it(
  "init keeps the user's comments, formatting and choices when it adds a setting",
  async () => {
    const mine =
      '# mine\nbastion: { fromLaptop: {host: bastion} }   # ours\nclusters:\n  tb:\n    login: { host: login }\n';
    await laptop(`printf %s '${mine}' > ${file}`);
    const { last } = await alice.fairlead('init', '--yes', '--account', 'lab');
    expect(last).toMatchObject({ event: 'initialised', changed: true });
    const text = await laptop(`cat ${file}`);
    expect(text).toContain('# mine');
    expect(text).toContain('# ours');
    expect(text).toMatch(/# Partitions found:[^]*slurm:\n {6}account: lab\n/);
    // Neither partition nor GPU type: a person has removed them.
    expect(text).not.toContain('partition: gpu');
  },
  timeoutMs,
);

it(
  'a deployment runs with the file that init wrote',
  async () => {
    await laptop(`rm ${file}`);
    expect((await alice.fairlead('init', '--yes', '--bastion', 'bastion', '--login', 'login')).code).toBe(0);
    await alice.deploy('a');
    expect((await alice.fairlead('stop', 'a')).code).toBe(0);
  },
  timeoutMs,
);
