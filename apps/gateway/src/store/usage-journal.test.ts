import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { usageRecord } from '../testing/usage-record.ts';
import { openUsageJournal } from './usage-journal.ts';

const record = (requestId: string) => usageRecord({ requestId, instanceId: undefined, completionTokens: 2 });

function openFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fl-journal-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

it('What was appended is read by the next process, but for a line that was cut', () => {
  const dir = openFolder();
  using first = openUsageJournal(dir);
  expect(first.read()).toEqual([]);
  first.append([record('a'), record('b')]);
  appendFileSync(join(dir, 'usage.journal'), '{"requestId":"c","atMs":');
  using second = openUsageJournal(dir);
  const whole = ['a', 'b'].map((id) => expect.objectContaining({ requestId: id, completionTokens: 2 }));
  expect(second.read()).toEqual(whole);
  second.append([record('d')]);
  expect(second.read()).toEqual([...whole, expect.objectContaining({ requestId: 'd' })]);
  expect(statSync(join(dir, 'usage.journal')).mode & 0o777).toBe(0o600);
});

it('What is in the database takes little room, and none once the journal is closed', () => {
  const dir = openFolder();
  const sizeBytes = () => statSync(join(dir, 'usage.journal')).size;
  const many = Array.from({ length: 100 }, (_, at) => record(`r${at}`));
  {
    using journal = openUsageJournal(dir);
    for (let round = 0; round < 100; round += 1) {
      journal.append(many);
      journal.clear();
      expect(sizeBytes()).toBeLessThan(512 * 1024);
    }
    journal.append([record('last')]);
    expect(journal.read().at(-1)).toMatchObject({ requestId: 'last' });
    journal.clear();
  }
  expect(sizeBytes()).toBe(0);
  {
    using journal = openUsageJournal(dir);
    journal.append([record('not written')]);
  }
  expect(sizeBytes()).toBeGreaterThan(0);
});
