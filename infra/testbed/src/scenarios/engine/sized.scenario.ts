// What a researcher asks of a model, and what the cluster has: the plan of a deployment, its price, and where both come from.

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const file = '.config/fairlead/config.yaml';

/** The simulator in the place of vLLM: the plan's flags are vLLM's, and the simulator reads them as vLLM does. */
const program = `#!/bin/sh
cd ~/.local/share/fairlead/runtime
exec "$PWD"/node-* "$PWD"/agent-*/engine-sim.mjs "$@"
`;

const profile = (name: string, gpu: string) => `name: ${name}
title: The site ${name}
login: [login]
partitions:
  - { name: short, gpu: "${gpu}", gpusPerNode: 4, cpusPerNode: 8, memoryGbPerNode: 31, maxHours: 0.03 }
  - { name: gpu, gpu: "${gpu}", gpusPerNode: 4, cpusPerNode: 8, memoryGbPerNode: 31, maxHours: 24 }
cost: { perGpuHour: 90, unit: credits, source: the price list }
sources: [https://example.org/hardware]
`;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  await put('login', 'bin/vllm', program);
  await on('login', 'chmod 755 bin/vllm');
  await put('laptop', 'catalogue/sites/north.yaml', profile('north', 'a100:80'));
  await put('laptop', 'catalogue/sites/south.yaml', profile('south', 'h100:80'));
  await on('laptop', `mv ${file} config.tb.yaml`);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

async function on(host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec(host, ['sh', '-ec', script]);
  if (code !== 0) throw new Error(`${host} ended with ${code}: ${script}: ${stderr}`);
  return stdout;
}

async function put(host: string, path: string, text: string): Promise<void> {
  await testbed.exec(host, ['sh', '-ec', `mkdir -p "$(dirname ${path})"; cat > ${path}`], { stdin: text });
}

/** As the hints of a refusal name it. */
const deployCommand = /fairlead deploy ([\w. -]+?)\./;

it(
  'init --site writes the profile of a site, and a dry run plans on its partitions with its price',
  async () => {
    const site = ['--site', 'curc-alpine', '--login', 'login'];
    const { last } = await alice.fairlead('init', '--yes', '--bastion', 'bastion', ...site);
    expect(last).toMatchObject({ event: 'initialised', ok: true, changed: true });
    expect(await on('laptop', `cat ${file}`)).toMatch(
      /# CURC Alpine\. .*\n *# +aa100: 3 × a100:40 a node[^]*# An hour of a GPU costs 108\.6 SU\.\n *site: curc-alpine\n/,
    );
    const planned = (await alice.fairlead('deploy', 'llama-3.1-70b-fp8', '--dry-run')).last;
    expect(planned).toMatchObject({ event: 'deployment.planned', partition: 'al40', gpus: 3, timeMinutes: 480 });
    expect((planned['cost'] as { wholeJob: number }).wholeJob).toBeCloseTo(3 * 108.6 * 8, 3);
    expect(planned['script']).toMatch(/^#SBATCH --partition=al40\n(?:#.*\n)*#SBATCH --gres=gpu:3$/m);
    const { stdout } = await testbed.exec('laptop', ['fairlead', 'plan', 'llama-3.1-70b-fp8']);
    expect(stdout).toMatch(/^ +cost +326 SU an hour, 2606 SU for the whole time$/m);
  },
  timeoutMs,
);

it(
  'init --site takes one of a folder that is named, and one of a Git repository on another host, which it keeps',
  async () => {
    await on('laptop', `rm ${file}`);
    const init = (site: string) => alice.fairlead('init', '--yes', '--bastion', 'bastion', '--site', site);
    expect((await init('./catalogue')).last['error']).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('it has 2 profiles') as unknown,
      hint: 'Profiles: north, south. Name one behind the path or URL: #north',
    });
    expect((await init('./catalogue#south')).last).toMatchObject({ event: 'initialised', ok: true });
    expect(await on('laptop', `cat ${file}`)).toContain('site: /home/alice/catalogue/sites/south.yaml');
    await on('bastion', 'git init -q --bare -b main sites.git');
    const git = 'git -C catalogue -c user.name=a -c user.email=a@example.org';
    await on(
      'laptop',
      `${git} init -q; ${git} add -A; ${git} commit -qm sites; ${git} push -q bastion:sites.git HEAD:main`,
    );
    await on('laptop', `rm -rf ${file} catalogue`);
    expect((await init('ssh://bastion/home/alice/sites.git#north')).last).toMatchObject({
      event: 'initialised',
      ok: true,
    });
    expect(await on('laptop', `cat ${file}`)).toContain('site: /home/alice/.config/fairlead/sites/north.yaml');
    const planned = (await alice.fairlead('deploy', 'qwen3-8b', '--dry-run')).last;
    expect(planned).toMatchObject({ partition: 'gpu', gpus: 1, cost: { perHour: 90, unit: 'credits' } });
    const large = (await alice.fairlead('deploy', 'llama-3.1-405b', '--dry-run')).last;
    expect(large).toMatchObject({ partition: 'gpu', ranks: [{ rank: 0 }, { rank: 1 }, { rank: 2 }] });
    const refused = await alice.fairlead('deploy', 'llama-3.1-405b', '--concurrency', '400', '--dry-run');
    expect(refused).toMatchObject({ code: 1, last: { error: { code: 'does_not_fit' } } });
  },
  timeoutMs,
);

it(
  'without a profile a deployment is sized by what sinfo shows, and status and stop say what it costs',
  async () => {
    const tb = `mv config.tb.yaml ${file}; sed -i 's/slurm: .*/cost: { perGpuHour: 90, unit: credits }/' ${file}`;
    await on('laptop', `${tb}; echo '    engines: { vllm: { command: [~/bin/vllm, serve] } }' >> ${file}`);
    const { lines, last, stderr } = await alice.fairlead('deploy', 'qwen3-32b', '--name', 'sized');
    expect(last, stderr).toMatchObject({ event: 'deployment.ready' });
    const sized = lines.find(({ event }) => event === 'deployment.sized') as Record<string, unknown> & {
      gpus: number;
      reasons: Array<{ of: string; why: string }>;
    };
    const { gpus } = sized;
    expect(gpus).toBeGreaterThan(1);
    expect(sized.reasons[0]).toEqual({ of: 'site', why: 'tb, as sinfo shows it' });
    expect(sized.reasons.find(({ of }) => of === 'place')?.why).toMatch(/^gpu \(a100:/);
    const job = await on('login', `scontrol show job ${String(last['jobId'])}`);
    for (const fact of [
      `Partition=${String(sized['partition'])} `,
      `TresPerNode=gres:gpu:${String(sized['gpuType'])}:${gpus}\n`,
      `CPUs/Task=${String(sized['cpusPerTask'])} `,
      `MinMemoryNode=${String(sized['mem'])} `,
      `TimeLimit=0${Number(sized['timeMinutes']) / 60}:00:00 `,
    ])
      expect(job).toContain(fact);
    const argv = await on('node1', 'pgrep -a -f [e]ngine-sim.mjs');
    for (const words of ['Qwen/Qwen3-32B', `--tensor-parallel-size ${gpus}`, '--max-model-len 32768'])
      expect(argv).toContain(` ${words} `);
    const { last: status } = await alice.fairlead('status', 'sized');
    expect(status).toMatchObject({ spent: { perHour: gpus * 90, unit: 'credits' } });
    expect((status['spent'] as { total: number }).total).toBeGreaterThan(0);
    const { last: stopped } = await alice.fairlead('stop', 'sized');
    expect(stopped).toMatchObject({ event: 'deployment.stopped', spent: { perHour: 0, unit: 'credits' } });
    const [before, after] = [status, stopped].map((line) => (line['spent'] as { total: number }).total);
    expect(after).toBeGreaterThan(before ?? 0);
    expect((await testbed.exec('laptop', ['fairlead', 'status', 'sized'])).stdout).toMatch(/^cost +\d+\.\d+ credits$/m);
  },
  timeoutMs,
);

it(
  'a model that no partition holds is refused before anything is queued, with the smallest change; the change does',
  async () => {
    const { code, last } = await alice.fairlead('deploy', 'deepseek-r1', '--name', 'huge');
    expect(code).toBe(1);
    expect(last['error']).toMatchObject({
      code: 'does_not_fit',
      message: expect.stringMatching(/^cannot deploy deepseek-r1 because it fits nowhere on tb: /) as unknown,
      hint: expect.stringMatching(/^The smallest change that would do: /) as unknown,
    });
    const many = ['--gpus', '1', '--name', 'many', '--no-wait'];
    const refused = await alice.fairlead('deploy', 'qwen3-8b', '--concurrency', '64', ...many);
    const { hint } = refused.last['error'] as { hint: string };
    await expect.poll(() => on('login', 'squeue -h'), { timeout: 20_000 }).toBe('');
    const names = ((await alice.fairlead('list', '--all')).last['deployments'] as Array<{ name: string }>).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['sized']);
    const [, change = ''] = deployCommand.exec(hint) ?? [];
    expect(change).toMatch(/^qwen3-8b --concurrency \d+$/);
    const { last: changed } = await alice.fairlead('deploy', ...change.split(' '), ...many);
    expect(changed).toMatchObject({ event: 'deployment.submitted' });
    expect((await alice.fairlead('stop', 'many', '--now')).code).toBe(0);
  },
  timeoutMs,
);

it(
  'weights that are not whole are refused before anything is queued: a folder with pointers, half a folder, half a download',
  async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\\noid sha256:0\\nsize 9\\n';
    await on(
      'login',
      `mkdir -p models/cloned models/half hf/hub/models--org--cut/blobs
      for folder in cloned half; do echo '{"model_type": "llama"}' > models/$folder/config.json; done
      printf '${pointer}' > models/cloned/model.safetensors
      head -c 5000 /dev/zero > models/half/model-00001-of-00002.safetensors
      head -c 70000 /dev/zero > hf/hub/models--org--cut/blobs/0a.1b2c3d4e.incomplete`,
    );
    const failure = async (what: string, ...more: string[]) =>
      (await alice.fairlead('deploy', what, '--name', 'r', ...more)).last['error'];
    const says = (words: RegExp, cure: RegExp) => ({
      code: 'weights_incomplete',
      message: expect.stringMatching(words) as unknown,
      hint: expect.stringMatching(cure) as unknown,
    });
    expect(await failure('/home/alice/models/cloned')).toMatchObject(
      says(/because model\.safetensors in .*cloned is a pointer of Git LFS and not weights$/, /git lfs pull/),
    );
    expect(await failure('/home/alice/models/half')).toMatchObject(
      says(/half are incomplete: model-00002-of-00002\.safetensors is missing/, /^Copy the missing files there/),
    );
    const offline = ['--set', 'offline=true', '--set', 'env={HF_HOME: /home/alice/hf}'];
    expect(await failure('org/cut', ...offline)).toMatchObject(
      says(/incomplete: no file is finished, and 70 KB of a broken-off download/, /fairlead prefetch org\/cut --on tb/),
    );
    expect(await failure('org/none', ...offline)).toMatchObject(
      says(/compute nodes are offline and its weights are not in/, /fairlead prefetch org\/none/),
    );
    await expect.poll(() => on('login', 'squeue -h'), { timeout: 20_000 }).toBe('');
    const { last } = await alice.fairlead('list');
    expect(last['deployments']).toEqual([]);
  },
  timeoutMs,
);
