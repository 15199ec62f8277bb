import { describe, expect, test } from 'vitest';
import { formatSlurmDuration, parseSlurmDuration } from './duration.ts';

describe('parseSlurmDuration', () => {
  test.each([
    ['90', 90],
    ['1:30', 1.5],
    ['5:00', 5],
    ['02:00:00', 120],
    ['1:00:30', 60.5],
    ['2-0', 2880],
    ['1-12', 2160],
    ['1-02:03', 1563],
    ['1-02:03:30', 1563.5],
    [' 10:00 ', 10],
    ['UNLIMITED', Number.POSITIVE_INFINITY],
    ['INFINITE', Number.POSITIVE_INFINITY],
  ])('reads %s as %d minutes', (text, minutes) => expect(parseSlurmDuration(text)).toBe(minutes));

  test.each(['', 'N/A', 'INVALID', 'Partition_Limit', '1:2:3:4', '-5', '1d', 'abc'])(
    'reads %j as no duration',
    (text) => expect(parseSlurmDuration(text)).toBeUndefined(),
  );
});

describe('formatSlurmDuration', () => {
  test.each([
    [90, '01:30:00'],
    [1.5, '00:01:30'],
    [0.1, '00:00:06'],
    [1 / 7, '00:00:09'],
    [1440, '1-00:00:00'],
    [10_000.25, '6-22:40:15'],
    [Number.POSITIVE_INFINITY, 'UNLIMITED'],
  ])('writes %d minutes as %s', (minutes, text) => expect(formatSlurmDuration(minutes)).toBe(text));

  test('is read back as what was written', () => {
    for (const minutes of [0, 1, 59, 60, 61, 1439, 1440, 4321.5]) {
      expect(parseSlurmDuration(formatSlurmDuration(minutes))).toBe(minutes);
    }
  });

  test.each([-1, Number.NaN])('refuses %d', (minutes) =>
    expect(() => formatSlurmDuration(minutes)).toThrow(RangeError),
  );
});
