import type { EngineFailure } from '@fairlead/engines/failures';
import { detach } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import type { EngineExit } from '../../engine/spawn-engine.ts';
import { PartFailures } from './part-failures.ts';
import { spreadEngine } from './spread-engine.ts';

const peerLost: EngineFailure = {
  message: 'the engine ended: Connection closed by peer [10.0.0.2]:4',
  fatal: false,
  lastLines: [],
  peer: { address: '10.0.0.2' },
};
const killed: EngineFailure = { message: 'the engine was killed', fatal: false, lastLines: [], ownCause: true };
const node = { rank: 0, address: '10.0.0.1', meeting: { address: '10.0.0.1', port: '41234' } };
const elsewhere: EngineFailure = {
  message: 'node2 (rank 1): it died',
  fatal: false,
  lastLines: [],
  ownCause: true,
};
const ended: EngineExit = { code: 0, signal: null };

async function spread(own = peerLost) {
  const clock = new ManualClock();
  const exited = Promise.withResolvers<EngineExit>();
  const failures = new PartFailures();
  const never = new Promise<number[]>(() => undefined);
  const { spawn, explains } = spreadEngine({
    nodes: {
      gather: () => Promise.resolve({ node, onFailed: (listener) => failures.listen(listener), stuck: never }),
      end: () => Promise.resolve(),
      nameOf: (rank) => `node${rank + 1} (rank ${rank})`,
      rankAt: (address) => Number(address.slice(-1)) - 1,
    },
    spawnPart: () =>
      Promise.resolve({
        pid: 7,
        pids: () => Promise.resolve([7]),
        exited: exited.promise,
        stuck: never,
        end: () => Promise.resolve(),
      }),
    explainExit: () => own,
    clock,
  });
  const engine = await spawn(new AbortController().signal);
  let told: string | undefined;
  detach(engine.exited.then((exit) => (told = exit.elsewhere?.message ?? 'as it was ordered')));
  return { clock, exited, failures, engine, explains, told: () => told };
}

it('the end of a part whose cause is known is told at once, with the name of its node', async () => {
  const first = await spread(killed);
  first.exited.resolve(ended);
  await expect.poll(first.told).toBe('node1 (rank 0): the engine was killed');
  const second = await spread();
  second.failures.take({ rank: 1, failure: elsewhere });
  await expect.poll(second.told).toBe('node2 (rank 1): it died');
});

it('a part that fails because another one has closed its connections waits for the cause', async () => {
  const { clock, exited, failures, told } = await spread();
  exited.resolve(ended);
  await clock.advance(4_000);
  expect(told()).toBeUndefined();
  failures.take({ rank: 2, failure: peerLost });
  failures.take({ rank: 1, failure: elsewhere });
  await expect.poll(told).toBe('node2 (rank 1): it died');
});

it("the cause is also this node's part, where another one has failed of it before", async () => {
  const { exited, failures, told } = await spread(killed);
  failures.take({ rank: 1, failure: { ...peerLost, peer: { address: '10.0.0.1' } } });
  exited.resolve(ended);
  await expect.poll(told).toBe('node1 (rank 0): the engine was killed');
});

it('the node that has closed its connections is named where its part does not tell why', async () => {
  const { clock, exited, told } = await spread();
  exited.resolve(ended);
  await clock.advance(5_000);
  await expect
    .poll(told)
    .toMatch(/^node2 \(rank 1\) has closed its connections, .*: node1 \(rank 0\): .* by peer \[10\.0\.0\.2\]/);
});

it('a server that is closed because of another part waits for the cause, and any other is told as it is', async () => {
  const other = await spread(killed);
  expect(other.explains('probe.closed')).toBe(false);
  const { failures, explains, told } = await spread();
  expect(explains('probe.closed')).toBe(true);
  failures.take({ rank: 1, failure: elsewhere });
  await expect.poll(told).toBe('node2 (rank 1): it died');
});

it('a part that was told to end waits for no cause', async () => {
  const stopped = await spread();
  await stopped.engine.end(0);
  stopped.exited.resolve(ended);
  await expect.poll(stopped.told).toBe('as it was ordered');
});

const { ownCause: _, ...silent } = elsewhere;

it("the cause that the log of this node's part has is told, not that another node lost it", async () => {
  // The other node may notice it before the processes of this one are gone.
  const { clock, failures, told } = await spread({ ...killed, known: 'cuda-out-of-memory' });
  failures.take({ rank: 1, failure: silent });
  await clock.advance(500);
  await expect.poll(told).toBe('node1 (rank 0): the engine was killed');
});

it('an exception of this node that it may have survived is not told for the end of another', async () => {
  const { clock, failures, told } = await spread(killed);
  failures.take({ rank: 1, failure: silent });
  await clock.advance(500);
  await expect.poll(told).toBe('node2 (rank 1): it died');
});

it('of parts that end without a reason in their logs that of another node is told, within a second', async () => {
  const { ownCause: _own, ...plain } = killed;
  const both = await spread(plain);
  both.exited.resolve(ended);
  both.failures.take({ rank: 1, failure: silent });
  await both.clock.advance(500);
  await expect.poll(both.told).toBe('node2 (rank 1): it died');
  const alone = await spread(plain);
  alone.exited.resolve(ended);
  await expect
    .poll(async () => (await alone.clock.advance(100), alone.told()))
    .toBe('node1 (rank 0): the engine was killed');
});

it('what probes find while the cause of a failure is awaited is no failure of its own', async () => {
  const { clock, failures, explains, told } = await spread({ ...silent, message: 'nothing' });
  expect(explains('probe.hung')).toBe(false);
  failures.take({ rank: 1, failure: silent });
  expect(explains('probe.hung')).toBe(true);
  expect(explains('probe.succeeded')).toBe(false);
  await clock.advance(500);
  await expect.poll(told).toBe('node2 (rank 1): it died');
  expect(explains('probe.hung')).toBe(false);
});
