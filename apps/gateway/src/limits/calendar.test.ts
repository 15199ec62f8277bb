import { expect, it } from 'vitest';

import { periodsOf } from './calendar.ts';

const utc = (text: string) => Date.parse(`${text}Z`);

it.each([
  ['2026-11-30T23:59:59.999', '2026-11-30', '2026-12-01', '2026-11-01', '2026-12-01'],
  ['2026-12-01T00:00:00.000', '2026-12-01', '2026-12-02', '2026-12-01', '2027-01-01'],
  ['2028-02-29T12:00:00.000', '2028-02-29', '2028-03-01', '2028-02-01', '2028-03-01'],
])('%s lies in its day and its month', (time, dayStart, dayEnd, monthStart, monthEnd) => {
  const midnight = (day: string) => utc(`${day}T00:00:00`);
  expect(periodsOf(utc(time))).toEqual({
    day: { startMs: midnight(dayStart), endMs: midnight(dayEnd) },
    month: { startMs: midnight(monthStart), endMs: midnight(monthEnd) },
  });
});
