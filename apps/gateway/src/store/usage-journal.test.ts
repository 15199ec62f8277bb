import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import type { UsageRecord } from '../usage/usage-record.ts';
import { openUsageJournal } from './usage-journal.ts';

const record = (requestId: string): UsageRecord => ({
  requestId,
  atMs: 1,
  member: 'bob',
  team: undefined,
  keyId: 'k',
  model: 'm',
  deployment: 'd',
  instanceId: undefined,
  route: '/v1/completions',
  outcome: 'completed',
  status: 200,
  promptTokens: 1,
  completionTokens: 2,
  cachedTokens: 0,
  estimated: false,
  queuedMs: 0,
  firstByteMs: 1,
  totalMs: 2,
});

it('What was appended is read by the next process, but for a line that was cut; what was cleared is gone', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fl-journal-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  using first = openUsageJournal(dir);
  expect(first.read()).toEqual([]);
  first.append(record('a'));
  first.append(record('b'));
  appendFileSync(join(dir, 'usage.journal'), '{"requestId":"c","atMs":');
  using second = openUsageJournal(dir);
  expect(second.read()).toEqual(
    ['a', 'b'].map((id) => expect.objectContaining({ requestId: id, completionTokens: 2 })),
  );
  second.clear();
  second.append(record('d'));
  expect(second.read()).toMatchObject([{ requestId: 'd' }]);
  expect(statSync(join(dir, 'usage.journal')).mode & 0o777).toBe(0o600);
});
