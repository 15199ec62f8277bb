import { setImmediate } from 'node:timers/promises';
import { silentLog, systemClock } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { agentError } from '../agent-error.ts';
import type { EngineProcess } from '../engine/spawn-engine.ts';
import { createEngineSlot, type EngineSlotOptions } from './engine-slot.ts';

const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** What a port throws: bare, or in an error of the agent's own. */
const failures: ReadonlyArray<[port: string, error: Error]> = [
  ['the spawn itself (EAGAIN)', agentError('engine_spawn_failed', 'cannot start', { cause: systemError('EAGAIN') })],
  [
    'the pipes of the spawn (EMFILE)',
    agentError('engine_spawn_failed', 'cannot start', { cause: systemError('EMFILE') }),
  ],
  ['the look for what was left behind (EMFILE)', systemError('EMFILE')],
  ['the token file (EIO)', agentError('token_file_unreadable', 'cannot read', { cause: systemError('EIO') })],
  ['the token file (EACCES)', agentError('token_file_unreadable', 'cannot read', { cause: systemError('EACCES') })],
  ['the old socket (EBUSY)', systemError('EBUSY')],
];

function openSlot(
  spawnEngine: EngineSlotOptions['spawnEngine'],
  saveHangReport: EngineSlotOptions['saveHangReport'] = async () => '/run/report',
) {
  const seen: string[] = [];
  let wake = Promise.withResolvers<void>();
  const say = (what: string) => {
    seen.push(what);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const slot = createEngineSlot({
    spawnEngine,
    saveHangReport,
    onReported: (path) => say(`reported ${path}`),
    explainExit: ({ code }) => ({ message: `exit ${code}`, fatal: false, lastLines: [] }),
    clock,
    random: () => 0,
    log: silentLog,
    onSpawned: (pid) => say(`spawned ${pid}`),
    onSpawnDelayed: () => say('delayed'),
    onSpawnFailed: ({ message, fatal }) => say(`failed ${message}${fatal ? ' for good' : ''}`),
    onExited: ({ message }) => say(message),
    onStuck: (pids) => say(`stuck ${pids.join()}`),
    onGone: () => say('gone'),
  });
  const until = async (what: string) => {
    while (!seen.includes(what)) await wake.promise;
  };
  return { slot, seen, until };
}

function fakeEngine(end: () => Promise<void> = async () => undefined): EngineProcess {
  return {
    pid: 7,
    exited: new Promise(() => undefined),
    pids: async () => [],
    stuck: new Promise(() => undefined),
    end,
  };
}

describe('the engine slot', () => {
  it.each(failures)('tries a spawn again that failed at %s', async (_port, error) => {
    let calls = 0;
    const { slot, seen, until } = openSlot(async () => {
      if ((calls += 1) <= 3) throw error;
      return fakeEngine();
    });
    slot.spawn();
    await until('spawned 7');
    expect(seen).toEqual(['delayed', 'spawned 7']);
  });

  it('gives up at once on what does not pass', async () => {
    const { slot, seen, until } = openSlot(async () => {
      throw agentError('engine_spawn_failed', 'no such program', { cause: systemError('ENOENT') });
    });
    slot.spawn();
    await until('failed no such program for good');
    expect(seen).toHaveLength(1);
  });

  it('ends while a spawn waits, and starts nothing after that', async () => {
    let calls = 0;
    const { slot, seen, until } = openSlot(async () => {
      calls += 1;
      throw systemError('EAGAIN');
    });
    slot.spawn();
    await until('delayed');
    slot.end(1000);
    await until('gone');
    const before = calls;
    await systemClock.sleep(20);
    expect({ calls, seen }).toEqual({ calls: before, seen: ['delayed', 'gone'] });
  });

  it('calls an engine gone only when its end has worked, however often that fails', async () => {
    let ends = 0;
    const ended = Promise.withResolvers<void>();
    const { slot, seen, until } = openSlot(async () =>
      fakeEngine(async () => {
        if ((ends += 1) <= 3) throw systemError('EIO');
        await ended.promise;
      }),
    );
    slot.spawn();
    await until('spawned 7');
    slot.end(1000);
    while (ends < 4) await setImmediate();
    expect(seen).toEqual(['spawned 7']);
    ended.resolve();
    await until('gone');
  });

  it('saves what a hung engine shows before its end, and ends it also where that fails', async () => {
    for (const [save, told] of [
      [async (reason: string, pids: readonly number[]) => `/run/${reason}-${pids.join()}`, ['reported /run/why-7,8']],
      [() => Promise.reject(systemError('ENOSPC')), []],
    ] as const) {
      const order: string[] = [];
      const engine = { ...fakeEngine(async () => void order.push('ended')), pids: async () => [7, 8] };
      const { slot, seen, until } = openSlot(
        async () => engine,
        async (reason, pids) => {
          order.push('saved');
          return save(reason, pids);
        },
      );
      slot.spawn();
      await until('spawned 7');
      slot.report('why');
      slot.end(1000);
      await until('gone');
      expect(order).toEqual(['saved', 'ended']);
      expect(seen).toEqual(['spawned 7', ...told, 'gone']);
    }
  });

  it('takes the exit of an engine that was ended for no exit of the next one, however late it is known', async () => {
    const exited = Promise.withResolvers<{ code: number; signal: null }>();
    let spawns = 0;
    const { slot, seen, until } = openSlot(async () => {
      spawns += 1;
      return spawns === 1 ? { ...fakeEngine(), exited: exited.promise } : { ...fakeEngine(), pid: 8 };
    });
    slot.spawn();
    await until('spawned 7');
    slot.end(1000);
    await until('gone');
    slot.spawn();
    await until('spawned 8');
    exited.resolve({ code: 0, signal: null });
    await setImmediate();
    expect(seen).toEqual(['spawned 7', 'gone', 'spawned 8']);
  });
});
