import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import type { JobMemory } from './read-job-memory.ts';
import { watchPressure } from './watch-pressure.ts';

it('watchPressure tells once that memory is nearly full, and once that there is room again', async () => {
  const clock = new ManualClock();
  const gib = 2 ** 30;
  let memory: JobMemory | undefined;
  const told: Array<string | undefined> = [];
  const over = new AbortController();
  const onChange = (pressure: string | undefined) => told.push(pressure);
  watchPressure({ read: async () => memory, clock, log: silentLog, onChange }, over.signal);
  for (const heldBytes of [undefined, 50 * gib, 57 * gib, 59 * gib, 50 * gib, 40 * gib]) {
    memory = heldBytes === undefined ? undefined : { heldBytes, limitBytes: 60 * gib };
    await clock.advance(5_000);
  }
  expect(told).toEqual(["57.0 of 60.0 GiB of the job's memory are in use", undefined]);
  over.abort();
});
