// A real vLLM in a real container (Charliecloud), and in an environment that `fairlead setup` has built: both serve through both hops.

import { existsSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';
import { Researcher } from '../researcher.ts';
import { fastArgs, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

const home = '/home/alice';
const image = `${home}/images/python`;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const onNode = async (...argv: string[]) => (await testbed.exec('node1', argv, { user: 'root' })).stdout.trim();
const apiServer = () => onNode('pgrep', '-u', 'alice', '-o', '-f', 'bin/vllm serve');

async function onLogin(script: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec('login', ['sh', '-c', script], { stdin });
  if (code !== 0) throw new Error(`cannot do this on the login host: ${script}: ${stderr}`);
  return stdout;
}

/** One answer through both hops. */
async function serves(name: string): Promise<void> {
  const connected = await alice.connect(name);
  expect((await connected.ask()).status).toBe(200);
  await connected.close();
}

async function stops(name: string): Promise<void> {
  expect((await alice.fairlead('stop', name)).last).toMatchObject({ event: 'deployment.stopped', ok: true });
  expect(await onNode('pgrep', '-u', 'alice', '-a')).toBe('');
}

/**
 * An image with Python, the libraries that it and vLLM need, `lscpu`, which vLLM asks for the node's processors, and the places where
 * ch-run binds. vLLM lies outside it, as a researcher's environment on a shared file system does.
 */
const makeImage = `
set -e
mkdir -p ${image} && cd ${image}
mkdir -p bin dev etc proc sys tmp usr/bin var/tmp home mnt/0 .${venv}
touch etc/passwd etc/group
libraries() { ldd "$@" 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' | grep -v '^${venv}'; }
{
  libraries /usr/bin/python3.11 /bin/sh /usr/bin/lscpu /usr/lib/python3.11/lib-dynload/*.so
  find ${venv}/lib/python3.11/site-packages/vllm -name '*.so' | while read -r each; do libraries "$each"; done
  ldconfig -p | grep x86-64 | grep -oE '/\\S*lib(dl|rt|util|stdc[+][+]|m|gcc_s|pthread|c|numa)[.]so[.][0-9]+'
} | sort -u | xargs cp --parents -L -t .
cp --parents -r /usr/lib/python3.11 .
cp -L /bin/sh bin/
cp -L /usr/bin/python3.11 /usr/bin/lscpu usr/bin/
`;

test(
  'vLLM in a container serves from a file system of its own, is fitted to its version there, and why names what killed its EngineCore',
  async ({ skip }) => {
    if (!existsSync('/usr/bin/ch-run')) skip('there is no ch-run: apt-get install charliecloud');
    await onLogin(makeImage);
    const container = { kind: 'charliecloud', image, binds: [venv] };
    // The login host reads in the image which flags this version has.
    const odd = {
      args: [...fastArgs, '--max-modle-len', '8'],
      more: [`engines.vllm.container=${JSON.stringify(container)}`],
    };
    expect((await alice.fairlead('deploy', ...realVllm('misspelt', odd))).last).toMatchObject({
      error: { code: 'engine_flag_missing', message: expect.stringMatching(/vLLM 0\.32\.0.* has no --max-modle-len/) },
    });
    const restarts = 'health={crashLimit: 9, restartBaseSeconds: 0}';
    const more = [`engines.vllm.container=${JSON.stringify(container)}`, restarts];
    const { last } = await alice.fairlead('deploy', ...realVllm('contained', { more }));
    expect(last).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });
    await serves('contained');
    const pid = await apiServer();
    expect(await onNode('ls', `/proc/${pid}/root`)).not.toMatch(/^(?:boot|opt|root|srv)$/m);
    expect(await onNode('sh', '-c', `tr '\\0' '\\n' </proc/${pid}/environ`)).toMatch(/^CH_RUNNING=/m);
    // This version has the flag, which was read in the image.
    expect(await onNode('pgrep', '-u', 'alice', '-a', '-o', '-f', 'bin/vllm serve')).toContain('--shutdown-timeout 5');

    await onNode('pkill', '-KILL', '-u', 'alice', '-f', 'VLLM::EngineCore');
    await alice.until('contained', ({ state }) => state.status !== 'ready', 60_000);
    await alice.until('contained', ({ state }) => state.status === 'ready', startTimeoutMs);
    await serves('contained');
    expect((await alice.fairlead('why', 'contained')).last).toMatchObject({ diagnosis: { id: 'engine-core-killed' } });
    await stops('contained');
  },
  startTimeoutMs,
);

/**
 * A wheel named vllm whose installation makes the vLLM of this machine importable, and has its command: an installation of the real
 * wheels would copy 3 GB.
 */
const makeWheel = `
import os, zipfile
os.makedirs('${home}/wheels')
info = 'vllm-0.32.0+cpu.dist-info/'
with zipfile.ZipFile('${home}/wheels/vllm-0.32.0+cpu-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('vllm-of-this-machine.pth', '${venv}/lib/python3.11/site-packages\\n')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: vllm\\nVersion: 0.32.0+cpu\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'entry_points.txt', '[console_scripts]\\nvllm = vllm.entrypoints.cli.main:main\\n')
    wheel.writestr(info + 'RECORD', '')
`;

test(
  'setup builds an environment on a bare account, tries vLLM on a node without GPUs, and deploy serves with it without a further setting',
  async () => {
    await onLogin('/usr/bin/python3.11 -', makeWheel);
    const from = ['NO_INDEX: "1"', `FIND_LINKS: ${home}/wheels`];
    const wheels = `env={${['PIP', 'UV'].flatMap((tool) => from.map((each) => `${tool}_${each}`)).join(', ')}}`;
    const flags = ['--engine-version', '0.32.0', '--gpus', '0', '--dir', `${home}/environments`, '--set', wheels];
    const { last, lines, stderr } = await alice.fairlead('setup', ...flags);
    const command = [`${home}/environments/vllm-0.32.0/bin/vllm`, 'serve'];
    expect(last, stderr).toMatchObject({ event: 'setup.done', ok: true, version: '0.32.0+cpu', command });
    expect(lines.find(({ event }) => event === 'setup.tried')).toMatchObject({
      host: 'node1',
      words: '0.32.0+cpu',
      gpus: 0,
    });

    const deployed = await alice.fairlead('deploy', ...realVllm('own', { command: 'configured' }));
    expect(deployed.last).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });
    expect(await onNode('pgrep', '-u', 'alice', '-a', '-o', '-f', 'bin/vllm serve')).toContain(command.join(' '));
    await serves('own');
    await stops('own');
  },
  startTimeoutMs,
);
