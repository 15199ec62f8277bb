// What a researcher asks of a model, and what the cluster has: the plan of a deployment, its price, and where both come from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Line, Researcher } from '../researcher.ts';

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

it(
  'x',
  async () => {
    const show = async (...args: string[]) => {
      const t = Date.now();
      const { code, lines, last, stderr } = await alice.fairlead(...args);
      const { script: _s, ...l } = last as { script?: string };
      console.log(
        args.join(' '),
        code,
        Date.now() - t,
        lines.map(({ event }) => event).join(' '),
        JSON.stringify(lines.filter(({ event }) => event === 'deployment.sized' || event === 'warning')),
        JSON.stringify(l).slice(0, 3500),
        stderr,
      );
    };
    await show('init', '--yes', '--bastion', 'bastion', '--site', 'curc-alpine');
    console.log(await on('laptop', `cat ${file} || true; rm -f ${file}`));
    await show('init', '--yes', '--bastion', 'bastion', '--site', './catalogue');
    await on('bastion', 'git init -q --bare sites.git');
    console.log(
      await on(
        'laptop',
        'cd catalogue; git init -q; git add -A; git -c user.name=a -c user.email=a@example.org commit -qm sites; git push -q bastion:sites.git HEAD:main; git --git-dir=.git log | head -1; ssh bastion git -C sites.git branch -a',
      ),
    );
    await show('init', '--yes', '--bastion', 'bastion', '--site', 'ssh://bastion/home/alice/sites.git#north');
    console.log(await on('laptop', `cat ${file}`));
    await show('deploy', 'llama-3.1-405b-fp8', '--dry-run');
    await show('deploy', 'qwen3-8b', '--dry-run');
    await show('plan', 'qwen3-8b');
    await on(
      'laptop',
      `mv config.tb.yaml ${file}; sed -i 's/partition: gpu//' ${file}; cat >> ${file} <<'END'
    cost: { perGpuHour: 90, unit: credits }
    engines: { vllm: { command: [~/bin/vllm, serve] } }
END`,
    );
    await show('deploy', 'llama-3.1-8b', '--name', 'a');
    console.log(
      await on(
        'login',
        'scontrol show job; cat ~/.local/share/fairlead/jobs/*/job.log | tail -5; pgrep -a -f [e]ngine-sim.mjs || true',
      ),
    );
    await show('status', 'a');
    await show('deploy', 'llama-3.1-405b', '--name', 'b');
    await show('deploy', 'llama-3.1-70b', '--name', 'c', '--no-wait');
    console.log(await on('login', 'squeue'));
    await show('list', '--all');
    await show('stop', 'a');
  },
  timeoutMs,
);
