import type { EngineFailure } from '@fairlead/engines/failures';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import type { EngineExit } from '../../engine/spawn-engine.ts';
import { spreadEngine } from './spread-engine.ts';

const node = { rank: 0, address: '10.0.0.1', meeting: { address: '10.0.0.1', port: '41234' } };
const elsewhere: EngineFailure = { message: 'node2 (rank 1): it died', fatal: false, lastLines: [] };
const ended: EngineExit = { code: 0, signal: null };

async function spread() {
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
