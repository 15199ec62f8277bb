// Engines in a real container (Charliecloud, from Debian's archive); a prologue that fails; GPUs as nvidia-smi tells of them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const home = '/home/alice';
const image = `${home}/images/sim`;
const runtime = `${home}/.local/share/fairlead/runtime`;

let testbed: Testbed;
let alice: Researcher;
let lacking: string | undefined;

/** A small image: the loader, the libraries of Node, and the places where ch-run binds. Nothing else of the node is in it. */
const makeImage = `
set -e
mkdir -p ${image} && cd ${image}
mkdir -p bin dev etc proc sys tmp usr/bin var/tmp home mnt/0 .${runtime} .${home}/cache
touch etc/passwd etc/group
cp --parents -L $(ldd /bin/sh /bin/cat | grep -o '/[^ ]*' | grep -v ':$') . 2>/dev/null || true
cp --parents -L $(ldconfig -p | grep -E 'x86-64' | grep -oE '/\\S*lib(dl|stdc[+][+]|m|gcc_s|pthread|c)[.]so[.][0-9]+' | sort -u) .
cp -L /bin/sh /bin/cat bin/
`;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const { code } = await testbed.exec('node1', ['ch-run', '--version']);
  if (code === 0) {
    const made = await testbed.exec('login', ['sh', '-c', makeImage]);
    expect(made.code, made.stderr).toBe(0);
  } else lacking = 'there is no ch-run: apt-get install charliecloud';
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

const container = (more: object = {}) =>
  `engines.sim.container=${JSON.stringify({ kind: 'charliecloud', image, ...more })}`;

describe('deploy of an engine in a container', () => {
  test(
    'serves through both hops from a file system of its own, with its caches and its secrets, and leaves nothing behind',
    async ({ skip }) => {
      if (lacking) skip(lacking);
      await alice.deploy('c', '--set', container(), '--set', `paths.cache=${home}/cache`);
      const connected = await alice.connect('c');
      expect((await connected.ask()).status).toBe(200);
      const engine = (
        await testbed.exec('node1', ['pgrep', '-f', 'engine-sim.mjs serve'], { user: 'root' })
      ).stdout.trim();
      const seen = await testbed.exec('node1', [
        'sh',
        '-c',
        `ls /proc/${engine}/root; tr '\\0' '\\n' </proc/${engine}/environ`,
      ]);
      expect(seen.stdout).toMatch(/^mnt$/m);
      expect(seen.stdout).not.toMatch(/^opt$/m);
      expect(seen.stdout).toMatch(/^CH_RUNNING=/m);
      expect(seen.stdout).toContain(`HF_HOME=${home}/cache/huggingface`);
      expect(seen.stdout).toMatch(/^VLLM_API_KEY=fle-/m);
      expect(seen.stdout).not.toContain('SLURM_JOB_ID');
      const argv = await testbed.exec('node1', ['pgrep', '-a', '-f', 'engine-sim.mjs'], { user: 'root' });
      expect(argv.stdout).not.toContain('fle-');
      await alice.fairlead('stop', 'c');
      expect(await connected.running.ended).toBe(0);
      expect((await testbed.exec('node1', ['pgrep', '-f', 'engine-sim.mjs'], { user: 'root' })).stdout).toBe('');
    },
    timeoutMs,
  );

  test.each([
    [
      'an image that is missing, before anything is queued',
      { image: `${home}/images/none` },
      'image_missing',
      /\/images\/none .*not there on/,
      /ch-image pull/,
    ],
    [
      'a program that is not in the image',
      { program: undefined, command: ['vllm'] },
      'deploy_failed',
      /can't execve/,
      /a program in the image/,
    ],
    [
      'a directory that the image lacks',
      { binds: ['/opt'] },
      'deploy_failed',
      /can't mkdir: .*\/opt: Read-only/,
      /mkdir -p .*\/opt/,
    ],
    [
      'a Slurm without Pyxis',
      { kind: 'pyxis', image: 'docker://x' },
      'deploy_failed',
      /unrecognized option/,
      /container\.kind/,
    ],
  ])(
    'is refused once, with the cause and the cure: %s',
    async (_what, { command, ...more }: { command?: string[] } & object, code, message, cure) => {
      if (lacking) return;
      const set = [
        '--set',
        container(more),
        ...(command ? ['--set', `engines.sim.command=${JSON.stringify(command)}`] : []),
      ];
      const { last } = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'r', ...set);
      expect(last).toMatchObject({
        ok: false,
        error: { code, message: expect.stringMatching(message), hint: expect.stringMatching(cure) },
      });
      // Its agent tells of a failure before the job ends.
      await expect
        .poll(async () => (await testbed.exec('login', ['squeue', '-h', '-t', 'pending,running'])).stdout)
        .toBe('');
    },
    timeoutMs,
  );
});

test(
  'a line of the prologue that fails ends the job with that line as its reason, and the job log has what it printed',
  async () => {
    const lines = ['source /etc/profile', 'ls /no/such/module', 'echo later'];
    const set = `prologue=${JSON.stringify(lines)}`;
    const { last } = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'p', '--set', set);
    const message = expect.stringMatching(/this line of the prologue failed with exit code 2: ls \/no\/such\/module\b/);
    expect(last).toMatchObject({ ok: false, error: { code: 'deploy_failed', message } });
    const { stdout } = await testbed.exec('laptop', ['fairlead', 'logs', 'p', '--source', 'job']);
    expect(stdout).toContain('cannot access');
    expect(stdout).not.toContain('later');
  },
  timeoutMs,
);

describe("a node's GPUs", () => {
  /** Speaks as nvidia-smi does, of one GPU. */
  const nvidiaSmi = (pending: string) => `#!/bin/sh
case "$*" in
*query-gpu*) echo "0, GPU-5c89852c, NVIDIA A100-SXM4-40GB, 40960, 3, 8.0, 0, ${pending}, [N/A]" ;;
-L) echo "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c89852c)" ;;
esac
`;
  const lines = [`export PATH=${home}/bin:$PATH CUDA_VISIBLE_DEVICES=GPU-5c89852c`];
  const withGpu = ['--gpus', '1', '--set', `prologue=${JSON.stringify(lines)}`];
  const put = (text: string) =>
    testbed.exec(
      'login',
      ['sh', '-c', `mkdir -p ${home}/bin && cat >${home}/bin/nvidia-smi && chmod 755 ${home}/bin/nvidia-smi`],
      {
        stdin: text,
      },
    );

  test(
    'that are given by names are indices for the engine',
    async () => {
      await put(nvidiaSmi('No'));
      await alice.deploy('g', ...withGpu);
      const engine = (
        await testbed.exec('node1', ['pgrep', '-f', 'engine-sim.mjs serve'], { user: 'root' })
      ).stdout.trim();
      const { stdout } = await testbed.exec('node1', ['sh', '-c', `tr '\\0' '\\n' </proc/${engine}/environ`]);
      expect(stdout).toMatch(/^CUDA_VISIBLE_DEVICES=0$/m);
      await alice.fairlead('stop', 'g', '--now');
    },
    timeoutMs,
  );

  test(
    'that are broken keep the engine from its start, and the message names the node and leaves it out',
    async () => {
      await put(nvidiaSmi('Yes'));
      const { last } = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'b', ...withGpu);
      const message = expect.stringMatching(/cannot start the engine on node1 because GPU 0 .* is broken/);
      const hint = expect.stringContaining('--exclude=node1');
      expect(last).toMatchObject({ ok: false, error: { code: 'deploy_failed', message, hint } });
    },
    timeoutMs,
  );
});
