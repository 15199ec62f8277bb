// An engine over two nodes: two processes that meet at an address, as `vllm serve --nnodes 2` does. What each shows of the other's
// end is what a real vLLM 0.32.0 showed.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { freePort } from '@fairlead/testkit/free-port';
import { expect, test } from 'vitest';
import { type Answer, exchange } from '../testing/exchange.ts';
import { spawnSim } from '../testing/spawned-engine.ts';
import { temporarySocket } from '../testing/temporary-socket.ts';

/** The words of one rank. */
function wordsOf(rank: number, port: number, more: readonly string[]): string[] {
  const meeting = [
    '--nnodes',
    '2',
    '--node-rank',
    String(rank),
    '--master-addr',
    '127.0.0.1',
    '--master-port',
    `${port}`,
  ];
  return [...meeting, ...(rank === 0 ? [] : ['--headless']), ...more];
}

async function startBoth(more: readonly string[] = []) {
  const socket = temporarySocket();
  const port = await freePort();
  const leader = spawnSim([...wordsOf(0, port, more), '--uds', socket.path]);
  const other = spawnSim(wordsOf(1, port, more));
  return {
    leader,
    other,
    port,
    path: socket.path,
    async [Symbol.asyncDispose]() {
      await Promise.all([leader[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      socket[Symbol.dispose]();
    },
  };
}

const ask = { path: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'hello' }] } };

/** What `--sim-admin` tells: `inFlight` counts each request, `running` and `waiting` only those that the engine has seen. */
async function statsOf(path: string) {
  const { body } = await exchange(path, { path: '/sim/stats' });
  return JSON.parse(body) as { inFlight: number; running: number; waiting: number };
}

/** Asks until a request is in flight that the engine does not see. Resolves with the answers of all requests, to come. */
async function askUntilFrozen(path: string) {
  const answers: Promise<Answer>[] = [];
  for (;;) {
    const answer = exchange(path, ask);
    answers.push(answer);
    const stats = await Promise.race([answer.then(() => undefined), statsOf(path)]);
    if (stats && stats.inFlight > stats.running + stats.waiting) return { answers: Promise.all(answers) };
  }
}

test('both ranks say who they are, and rank 0 answers', async () => {
  await using both = await startBoth();
  await both.leader.ready();
  expect(both.leader.stdout).toMatch(/world_size=2 rank=0 .*tcp:\/\/127\.0\.0\.1:/);
  await both.other.printed('stdout', /rank 1 in world size 2 is assigned[\s\S]*Explicitly set/);
  expect(both.other.stdout).toContain('headless multiproc executor, with head node address 127.0.0.1:');
  expect((await exchange(both.path, ask)).status).toBe(200);
});

test('rank 0 notices a dead rank at the next request, and exits with 0', async () => {
  await using both = await startBoth();
  await both.leader.ready();
  both.other.signal('SIGKILL');
  await both.other.exited;
  expect((await exchange(both.path, { path: '/health' })).status).toBe(200);
  await expect.poll(async () => (await exchange(both.path, ask)).status).toBe(500);
  expect(await both.leader.exited).toBe(0);
  expect(both.leader.stdout).toContain('Connection closed by peer');
});

test('a request waits for a rank that is frozen, and is answered once it goes on', async () => {
  await using both = await startBoth(['--sim-admin']);
  await both.leader.ready();
  both.other.signal('SIGSTOP');
  const { answers } = await askUntilFrozen(both.path);
  both.other.signal('SIGCONT');
  expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
});

test('another rank does not notice the end of rank 0, and ends with 0 when it is told to', async () => {
  await using both = await startBoth();
  await both.leader.ready();
  both.leader.signal('SIGKILL');
  await both.leader.exited;
  expect(await both.other.outlivesSignals()).toBe(true);
  both.other.signal('SIGTERM');
  expect(await both.other.exited).toBe(0);
});

test('a rank that never comes ends the start of the others', async () => {
  const port = await freePort();
  const timeout = ['--distributed-timeout-seconds', '1'];
  await using leader = spawnSim([...wordsOf(0, port, timeout), '--host', '127.0.0.1', '--port', '0']);
  expect(await leader.exited).toBe(1);
  expect(leader.stdout).toContain('DistStoreError: Timed out after 2 seconds waiting for clients. 1/2 clients joined.');
  await using other = spawnSim(wordsOf(1, port, timeout));
  expect(await other.exited).toBe(1);
  expect(other.stdout).toContain('DistNetworkError: The client socket has timed out after 1000ms');
});

test('a port that is taken ends the start, with its number', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await using leader = spawnSim([...wordsOf(0, port, []), '--host', '127.0.0.1', '--port', '0']);
  expect(await leader.exited).toBe(1);
  expect(leader.stdout).toContain(`port: ${port}, useIpv6: false, code: -98, name: EADDRINUSE`);
  taken.close();
});

test('a fault of one rank happens to that rank alone', async () => {
  await using both = await startBoth(['--sim-fault-rank', '1', '--sim-fault', 'exit:0:50']);
  expect(await both.other.exited).toBe(0);
  await both.leader.ready();
});

/** The words of one rank of two, each with a copy of the model. */
function copyWords(rank: number, port: number): string[] {
  const words = `--data-parallel-size 2 --data-parallel-size-local 1 --data-parallel-address 127.0.0.1`.split(' ');
  const place = rank === 0 ? [] : ['--data-parallel-start-rank', String(rank), '--headless'];
  return [...words, '--data-parallel-rpc-port', String(port), ...place];
}

test('two copies of the model have one server, which never notices that the other copy is gone', async () => {
  using socket = temporarySocket();
  const port = await freePort();
  await using leader = spawnSim([...copyWords(0, port), '--uds', socket.path]);
  await using other = spawnSim(copyWords(1, port));
  await leader.ready();
  expect(other.stdout).toMatch(/Launching 1 data parallel engine\(s\) in headless mode, .* tcp:\/\/127\.0\.0\.1:\d+\./);
  other.signal('SIGTERM');
  expect(await other.exited).toBe(0);
  expect(other.stdout).toContain('Shutting down.');
  expect((await exchange(socket.path, ask)).status).toBe(200);
});
