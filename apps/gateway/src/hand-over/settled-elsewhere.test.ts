import { expect, it } from 'vitest';

import { usageRecord } from '../testing/usage-record.ts';
import { readSettled, settledOf, usedOf } from './settled-elsewhere.ts';

const record = usageRecord({ promptTokens: 30, completionTokens: 12, atMs: Date.parse('2026-12-01T10:00:00Z') });
const now = (day: string) => ({ monotonicMs: 0, wallMs: Date.parse(day) });

it.each([
  ['today and this month', '2026-12-01T11:00:00Z', { today: 42, thisMonth: 42 }],
  ['this month alone, where its day is over', '2026-12-02T00:00:01Z', { today: 0, thisMonth: 42 }],
  ['neither, where its month is over', '2027-01-01T00:00:01Z', { today: 0, thisMonth: 0 }],
])('What another process has settled is used of %s', (_title, day, used) => {
  const told = readSettled(JSON.stringify(settledOf([record])));
  expect(usedOf(told, now(day))).toEqual([{ keyId: 'k', member: 'bob', team: undefined, ...used }]);
});

it.each(['{}', 'null', '[null, 5, {"keyId": 1}]', '[{"keyId":"k","member":"m","atMs":1,"tokens":-5}]'])(
  '%s tells nothing of what was settled',
  (text) => expect(readSettled(text)).toEqual([]),
);
