import { expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { silentLog } from './log.ts';
import { repeatTurns } from './repeat-turns.ts';

it('repeatTurns goes on after turns that throw, says so once per outage, and ends when it is aborted', async () => {
  const over = new AbortController();
  const said: string[] = [];
  const log = {
    ...silentLog,
    warn: (fields: { error?: unknown }) => said.push(`failed: ${String(fields.error)}`),
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
