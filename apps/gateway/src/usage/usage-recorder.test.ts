import { type LogFields, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';

import { openUsageRecorder } from './usage-recorder.ts';
import type { UsageRecord } from './usage-record.ts';

const record = (requestId: string): UsageRecord => ({
  requestId,
  atMs: 0,
  member: 'bob',
  team: undefined,
  keyId: 'k',
  model: 'm',
  deployment: undefined,
  instanceId: undefined,
  route: '/v1/models',
  outcome: 'completed',
  status: 200,
  queuedMs: 0,
  firstByteMs: undefined,
  totalMs: 1,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  estimated: false,
});

it('Usage is written in batches, in its order, and all of it when the recorder is closed', async () => {
  const clock = new ManualClock();
  const written: number[] = [];
  let journalled = 0;
  {
    await using recorder = openUsageRecorder({
      write: (records) => written.push(records.length),
      journal: { append: () => (journalled += 1), clear: () => (journalled = 0) },
      clock,
      log: silentLog,
    });
    for (let at = 0; at < 1_500; at += 1) recorder.add(record(String(at)));
    expect([written, journalled]).toEqual([[], 1_500]);
    await clock.advance(250);
    expect([written, journalled]).toEqual([[100], 1_500]);
    for (let at = 1; at < 15; at += 1) await clock.advance(1);
    expect([written, journalled]).toEqual([Array.from({ length: 15 }, () => 100), 0]);
    recorder.add(record('last'));
  }
  expect(written.at(-1)).toBe(1);
});

it('Usage that cannot be written waits, is told once, and is written later', async () => {
  const clock = new ManualClock();
  const errors: LogFields[] = [];
  let isFull = true;
  const written: string[] = [];
  const write = (records: readonly UsageRecord[]) => {
    if (isFull) throw new Error('disk full');
    written.push(...records.map(({ requestId }) => requestId));
  };
  let cleared = 0;
  await using recorder = openUsageRecorder({
    write,
    journal: { append: () => undefined, clear: () => (cleared += 1) },
    clock,
    log: { ...silentLog, error: (fields) => void errors.push(fields) },
  });
  recorder.add(record('a'));
  await clock.advance(250);
  recorder.add(record('b'));
  await clock.advance(250);
  expect(errors).toMatchObject([{ op: 'gateway.usage', error: 'disk full' }]);
  expect(cleared).toBe(0);
  isFull = false;
  await clock.advance(250);
  expect([written, cleared]).toEqual([['a', 'b'], 1]);
});
