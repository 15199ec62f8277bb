import type { EngineFailure } from '@fairlead/engines/failures';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import type { EngineExit } from '../../engine/spawn-engine.ts';
import { spreadEngine } from './spread-engine.ts';

const node = { rank: 0, address: '10.0.0.1', meeting: { address: '10.0.0.1', port: '41234' } };
const elsewhere: EngineFailure = { message: 'node2 (rank 1): it died', fatal: false, lastLines: [] };
const ended: EngineExit = { code: 0, signal: null };

/** `ownLog`: what the log of this node's part says. */
async function spread(ownLog: Partial<EngineFailure> = {}) {
  const clock = new ManualClock();
  const own = Promise.withResolvers<EngineExit>();
  const failed = Promise.withResolvers<EngineFailure>();
  const never = new Promise<number[]>(() => undefined);
  const start = spreadEngine({
    nodes: {
      gather: () => Promise.resolve({ node, failed: failed.promise, stuck: never }),
      end: () => Promise.resolve(),
    },
    spawnPart: () =>
      Promise.resolve({
        pid: 7,
        pids: () => Promise.resolve([7]),
        exited: own.promise,
        stuck: never,
        end: () => Promise.resolve(),
      }),
    explainExit: () => ({ message: 'it failed', fatal: false, lastLines: [], ...ownLog }),
    clock,
  });
  return { clock, own, failed, engine: await start(new AbortController().signal) };
}

it('the failure of another node is told, also where the part of this node has ended of it before', async () => {
  const { clock, own, failed, engine } = await spread();
  own.resolve(ended);
  await clock.advance(1_500);
  failed.resolve(elsewhere);
  expect(await engine.exited).toMatchObject({ elsewhere });
});

it("the end of this node's part is told when no other node fails within two seconds", async () => {
  const { clock, own, engine } = await spread();
  own.resolve(ended);
  await clock.advance(2_000);
  expect(await engine.exited).toEqual(ended);
});

it('a part of this node that was killed, or was told to end, is not waited for', async () => {
  const killed = await spread();
  killed.own.resolve({ code: null, signal: 'SIGKILL' });
  expect(await killed.engine.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const stopped = await spread();
  await stopped.engine.end(0);
  stopped.own.resolve(ended);
  expect(await stopped.engine.exited).toEqual(ended);
});

it("the cause that the log of this node's part has is told, not that another node lost it", async () => {
  const before = await spread({ ownCause: true });
  before.own.resolve(ended);
  before.failed.resolve(elsewhere);
  expect(await before.engine.exited).toEqual(ended);
  // The other node may notice it before the processes of this one are gone.
  const after = await spread({ ownCause: true, known: 'cuda-out-of-memory' });
  after.failed.resolve(elsewhere);
  await after.clock.advance(1_000);
  after.own.resolve({ code: 1, signal: null });
  expect(await after.engine.exited).toEqual({ code: 1, signal: null });
  const late = await spread({ ownCause: true, known: 'cuda-out-of-memory' });
  late.failed.resolve(elsewhere);
  await late.clock.advance(2_000);
  expect(await late.engine.exited).toEqual({ code: null, signal: null });
});

it('an exception of this node that it may have survived is not told for the end of another', async () => {
  const { failed, engine } = await spread({ ownCause: true });
  failed.resolve(elsewhere);
  expect(await engine.exited).toMatchObject({ elsewhere });
});

it('the cause that the log of the other node has is told, whatever that of this node says', async () => {
  const cause = { ...elsewhere, ownCause: true };
  const first = await spread({ ownCause: true });
  first.failed.resolve(cause);
  expect(await first.engine.exited).toMatchObject({ elsewhere: cause });
  const { clock, own, failed, engine } = await spread({ ownCause: true });
  own.resolve(ended);
  await clock.advance(500);
  failed.resolve(cause);
  expect(await engine.exited).toMatchObject({ elsewhere: cause });
});
