// `fairlead setup` on alice's bare account: a venv by pip from a folder of wheels (no host has internet), a trial on a compute node, the
// configuration, and a second run that changes nothing. The wheel is a small one named vllm: what is tried is the way, not the engine.

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 300_000;

let testbed: Testbed;
let alice: Researcher;

/** Two versions: the second does not start. */
const makeWheels = `
import os, sys, zipfile
os.makedirs('/home/alice/wheels')
for version, says in (('1.2.3', "print('vllm 1.2.3')"), ('1.2.4', "raise SystemExit('ImportError: libcuda.so.1')")):
    info = 'vllm-%s.dist-info/' % version
    with zipfile.ZipFile('/home/alice/wheels/vllm-%s-py3-none-any.whl' % version, 'w') as wheel:
        wheel.writestr('vllm_cli.py', 'def main():\\n    %s\\n' % says)
        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: vllm\\nVersion: %s\\n' % version)
        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr(info + 'entry_points.txt', '[console_scripts]\\nvllm = vllm_cli:main\\n')
        wheel.writestr(info + 'RECORD', '')
`;

const wheels =
  'env={PIP_NO_INDEX: "1", PIP_FIND_LINKS: /home/alice/wheels, UV_NO_INDEX: "1", UV_FIND_LINKS: /home/alice/wheels}';
/** No host has a GPU, and the small wheel no PyTorch. */
const set = ['--set', wheels, '--dir', '/home/alice/environments'];

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  await onLogin('/usr/bin/python3.11 -', makeWheels);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

async function onLogin(script: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec('login', ['sh', '-c', script], { user: 'alice', stdin });
  if (code !== 0) throw new Error(`cannot do this on the login host: ${script}: ${stderr}`);
  return stdout;
}

it(
  'setup builds an environment on a bare account, tries it on a compute node, and writes the configuration once',
  async () => {
    const first = await alice.fairlead('setup', '--engine-version', '1.2.3', ...set);
    const command = ['/home/alice/environments/vllm-1.2.3/bin/vllm', 'serve'];
    expect(first.last, first.stderr).toMatchObject({ event: 'setup.done', ok: true, version: '1.2.3', command });
    expect(first.lines.find(({ event }) => event === 'setup.tried')).toMatchObject({
      host: 'node1',
      words: 'vllm 1.2.3',
    });
    expect(first.lines.find(({ event }) => event === 'config.written')).toMatchObject({ changed: true });
    const { last } = await alice.fairlead('config');
    expect(last['config']).toMatchObject({ clusters: { tb: { engines: { vllm: { command } } } } });
    expect(await onLogin('ls -A environments; ls .local/share/fairlead/jobs; squeue -h -u alice')).not.toMatch(
      /cache|setup-|fl-/,
    );

    const second = await alice.fairlead('setup', '--engine-version', '1.2.3', ...set);
    expect(second.last).toMatchObject({ event: 'setup.done', ok: true, command });
    expect(second.lines.map(({ event }) => event)).toEqual([
      'setup.planned',
      'setup.built',
      'config.written',
      'setup.done',
    ]);
    expect(second.lines.find(({ event }) => event === 'config.written')).toMatchObject({ changed: false });
  },
  timeoutMs,
);

it(
  'setup that fails on the node, finds no such version or reaches no index leaves configuration and name as they were',
  async () => {
    const broken = await alice.fairlead('setup', '--engine-version', '1.2.4', ...set);
    expect(broken.last['error']).toMatchObject({
      code: 'setup_failed',
      message: expect.stringMatching(
        /on node1 because it does not start there \(exit 1\):\n {2}ImportError: libcuda/,
      ) as unknown,
    });
    const unknown = await alice.fairlead('setup', '--engine-version', '9.9', ...set);
    expect(unknown.last['error']).toMatchObject({
      code: 'setup_failed',
      message: expect.stringContaining('has no vllm==9.9') as unknown,
    });
    const away = await alice.fairlead(
      'setup',
      '--engine-version',
      '9.8',
      ...set.slice(2),
      '--set',
      'env={PIP_INDEX_URL: "http://127.0.0.1:9/simple", UV_DEFAULT_INDEX: "http://127.0.0.1:9/simple", PIP_RETRIES: "1"}',
    );
    expect(away.last['error']).toMatchObject({
      code: 'hub_unreachable',
      hint: expect.stringContaining('transfer') as unknown,
    });
    const { last } = await alice.fairlead('config');
    expect(last['config']).toMatchObject({
      clusters: { tb: { engines: { vllm: { command: ['/home/alice/environments/vllm-1.2.3/bin/vllm', 'serve'] } } } },
    });
    expect(await onLogin('find environments -maxdepth 1 -type l')).toBe('environments/vllm-1.2.3\n');
    expect(await onLogin('squeue -h -u alice')).toBe('');
  },
  timeoutMs,
);
