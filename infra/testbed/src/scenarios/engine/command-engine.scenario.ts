// A server that is not part of Fairlead, on a real Slurm: requests through both hops, and by another user of its node.

import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const serve = new URL('../../../../../tests/scenarios/serve.py', import.meta.url);
/** The system's own Python: alice could not run one below root's home. */
const python = '/usr/bin/python3';

let testbed: Testbed;
let alice: Researcher;
let lacking: string | undefined;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const { code } = await testbed.exec('node1', [python, '--version']);
  if (code !== 0) lacking = `there is no ${python}`;
  await testbed.exec('login', ['sh', '-c', 'cat > serve.py'], { stdin: await readFile(serve) });
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

async function deploy(name: string, at: 'port' | 'socket', more: object = {}) {
  const command = [python, '/home/alice/serve.py', '--model', '{servedModel}', `--${at}`, `{${at}}`];
  const set = `engines.command=${JSON.stringify({ command, ...more })}`;
  const { last, lines } = await alice.fairlead('deploy', 'demo', '--engine', 'command', '--name', name, '--set', set);
  expect(last, JSON.stringify(last)).toMatchObject({ event: 'deployment.ready' });
  return lines;
}

/** The argument of `--port` or `--socket` in the process list, which every user of the node can read. */
async function placeOf(at: 'port' | 'socket'): Promise<string> {
  const { stdout } = await testbed.exec('node1', ['pgrep', '-a', '-f', `serve.py .*--${at}`], { user: 'root' });
  expect(stdout).not.toContain('fle-');
  return new RegExp(`--${at} (\\S+)`).exec(stdout)?.[1] ?? '';
}

const statusFor = async (user: string, ...curl: string[]) => {
  const argv = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', ...curl];
  return (await testbed.exec('node1', argv, { user })).stdout;
};

test(
  'a server on a port answers only requests with its key, which no other user of the node has',
  async ({ skip }) => {
    if (lacking) skip(lacking);
    const lines = await deploy('p', 'port', { env: { SERVE_API_KEY: '{apiKey}' }, health: '/up' });
    expect(lines).toContainEqual(expect.objectContaining({ event: 'deployment.planned', risks: [] }));
    const connected = await alice.connect('p');
    const answer = await connected.ask();
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('You said: hello')]);
    expect((await connected.ask('wrong')).status).toBe(401);
    expect(await statusFor('bob', `http://127.0.0.1:${await placeOf('port')}/v1/models`)).toBe('401');
    await alice.fairlead('stop', 'p');
    expect(await connected.running.ended).toBe(0);
    expect((await testbed.exec('node1', ['pgrep', '-f', 'serve.py'], { user: 'root' })).stdout).toBe('');
  },
  timeoutMs,
);

test(
  'a server on a socket answers, and another user of the node cannot open it',
  async ({ skip }) => {
    if (lacking) skip(lacking);
    await deploy('s', 'socket');
    const connected = await alice.connect('s');
    expect((await connected.ask()).body).toContain('You said: hello');
    const socket = await placeOf('socket');
    expect(await statusFor('alice', '--unix-socket', socket, 'http://x/v1/models')).toBe('200');
    expect(await statusFor('bob', '--unix-socket', socket, 'http://x/v1/models')).toBe('000');
    await connected.close();
    await alice.fairlead('stop', 's');
  },
  timeoutMs,
);
