import { setImmediate } from 'node:timers/promises';

import { type LogFields, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';

import { openUsageRecorder } from './usage-recorder.ts';
import { usageRecord } from '../testing/usage-record.ts';
import type { UsageRecord } from './usage-record.ts';

const record = (requestId: string) => usageRecord({ requestId });

it('Usage is written in batches, in its order, and all of it when the recorder is closed', async () => {
  const clock = new ManualClock();
  const written: number[] = [];
  let journalled = 0;
  {
    await using recorder = openUsageRecorder({
      write: (records) => written.push(records.length),
      journal: { append: ({ length }) => (journalled += length), clear: () => (journalled = 0) },
      clock,
      log: silentLog,
    });
    for (let at = 0; at < 1_500; at += 1) recorder.add(record(String(at)));
    await setImmediate();
    expect([written, journalled]).toEqual([[100], 1_500]);
    await clock.advance(250);
    for (let at = 2; at < 15; at += 1) await clock.advance(1);
    expect([written, journalled]).toEqual([Array.from({ length: 15 }, () => 100), 0]);
    recorder.add(record('last'));
  }
  expect(written.at(-1)).toBe(1);
});

it('What is settled in one turn is in the journal with one write, before the first of its answers goes on', async () => {
  const events: string[] = [];
  await using recorder = openUsageRecorder({
    write: () => undefined,
    journal: {
      append: (records) => void events.push(records.map(({ requestId }) => requestId).join()),
      clear: () => undefined,
    },
    clock: new ManualClock(),
    log: silentLog,
  });
  recorder.add(record('a'), () => events.push('answer a'));
  recorder.add(record('b'));
  recorder.add(record('c'), () => events.push('answer c'));
  expect(events).toEqual([]);
  await setImmediate();
  recorder.add(record('d'), () => events.push('answer d'));
  await setImmediate();
  expect(events).toEqual(['a,b,c', 'answer a', 'answer c', 'd', 'answer d']);
});

it('An answer goes on where the journal cannot be written, and its usage reaches the database', async () => {
  const clock = new ManualClock();
  const told: LogFields[] = [];
  const written: string[] = [];
  await using recorder = openUsageRecorder({
    write: (records) => written.push(...records.map(({ requestId }) => requestId)),
    journal: {
      append() {
        throw new Error('no space left');
      },
      clear: () => undefined,
    },
    clock,
    log: { ...silentLog, error: (fields) => void told.push(fields) },
  });
  let answered = 0;
  for (const id of ['a', 'b']) {
    recorder.add(record(id), () => (answered += 1));
    await setImmediate();
  }
  await clock.advance(250);
  expect([answered, written]).toEqual([2, ['a', 'b']]);
  expect(recorder.state).toEqual({ waiting: 0, lost: 0, journalProblem: 'no space left' });
  expect(told).toMatchObject([{ op: 'gateway.journal', error: 'no space left' }]);
});

it('A database that fails is asked again after a while, not at each request', async () => {
  const clock = new ManualClock();
  let asked = 0;
  await using recorder = openUsageRecorder({
    write() {
      asked += 1;
      if (asked < 3) throw new Error('database is locked');
    },
    journal: { append: () => undefined, clear: () => undefined },
    clock,
    log: silentLog,
  });
  for (let at = 0; at < 1_000; at += 1) {
    recorder.add(record(String(at)));
    if (at % 100 === 99) await setImmediate();
  }
  expect(asked).toBe(1);
  await clock.advance(250);
  expect(asked).toBe(2);
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
  expect(recorder.state).toEqual({ waiting: 2, lost: 0, databaseProblem: 'disk full' });
  expect(cleared).toBe(0);
  isFull = false;
  await clock.advance(250);
  expect([written, cleared]).toEqual([['a', 'b'], 1]);
  expect(recorder.state).toEqual({ waiting: 0, lost: 0 });
});
