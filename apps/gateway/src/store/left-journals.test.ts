import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { usageRecord } from '../testing/usage-record.ts';
import { putJournalAside, readLeftJournals, removeAsideJournal } from './left-journals.ts';
import { openUsageJournal } from './usage-journal.ts';

function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fl-left-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}
const pid = 4_711;
const idsOf = (dir: string, isAlive: boolean) =>
  readLeftJournals(dir, () => isAlive).records.map((one) => one.requestId);

it('A journal that is put aside is written on, and read by the next process', () => {
  const dir = stateDir();
  using journal = openUsageJournal(dir);
  journal.append([usageRecord({ requestId: 'before' })]);
  putJournalAside(dir, pid);
  journal.append([usageRecord({ requestId: 'behind' })]);
  expect(idsOf(dir, true)).toEqual(['before', 'behind']);
  using next = openUsageJournal(dir);
  expect(next.read()).toEqual([]);
});

it('The journal of a process that is gone is forgotten once it is written, that of a process that lives is not', () => {
  const dir = stateDir();
  using journal = openUsageJournal(dir);
  journal.append([usageRecord({ requestId: 'a' })]);
  putJournalAside(dir, pid);
  readLeftJournals(dir, () => true).forget();
  expect(idsOf(dir, true)).toEqual(['a']);
  const left = readLeftJournals(dir, () => false);
  expect(left.records).toHaveLength(1);
  left.forget();
  expect(idsOf(dir, false)).toEqual([]);
});

it('A process that ends removes its own journal, but not what is in it', () => {
  const dir = stateDir();
  const path = join(dir, `usage.${pid}.journal`);
  removeAsideJournal(dir, pid);
  using journal = openUsageJournal(dir);
  journal.append([usageRecord({ requestId: 'a' })]);
  putJournalAside(dir, pid);
  removeAsideJournal(dir, pid);
  expect(existsSync(path)).toBe(true);
  rmSync(path);
  using empty = openUsageJournal(dir);
  expect(empty.read()).toEqual([]);
  putJournalAside(dir, pid);
  removeAsideJournal(dir, pid);
  expect(existsSync(path)).toBe(false);
});
