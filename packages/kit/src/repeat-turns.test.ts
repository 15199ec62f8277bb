import { expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { silentLog } from './log.ts';
import { repeatEvery, repeatTurns } from './repeat-turns.ts';

it('repeatTurns goes on after turns that throw, says so once per outage, and ends when it is aborted', async () => {
  const over = new AbortController();
  const said: string[] = [];
  const log = {
    ...silentLog,
    error: (fields: { error?: unknown }) => said.push(`failed: ${String(fields.error)}`),
    info: (fields: { failures?: unknown }) => said.push(`works again after ${String(fields.failures)}`),
  };
  let turns = 0;
  const turn = async () => {
    turns += 1;
    if (turns === 2 || turns === 3) throw new Error('EIO');
    if (turns === 5) over.abort(new Error('enough'));
    return 0;
  };
  await repeatTurns(turn, { op: 'look', clock: systemClock, log, signal: over.signal, retry: { baseMs: 1, maxMs: 2 } });
  expect({ turns, said }).toEqual({ turns: 5, said: ['failed: EIO', 'works again after 2'] });
});

it('repeatEvery waits before each turn, also before the first and after one that failed', async () => {
  const over = new AbortController();
  const waits: number[] = [];
  const clock = {
    ...systemClock,
    sleep: async (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      if (waits.length === 4) over.abort(new Error('enough'));
      signal?.throwIfAborted();
    },
  };
  let turns = 0;
  const turn = () => {
    turns += 1;
    if (turns === 2) throw new Error('EIO');
  };
  await repeatEvery(250, turn, { op: 'look', clock, log: silentLog, signal: over.signal });
  expect({ turns, waits }).toEqual({ turns: 3, waits: [250, 250, 250, 250] });
});
