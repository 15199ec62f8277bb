import { expect, test } from 'vitest';
import { parseEndTime, parseSlurmTime } from './slurm-time.ts';

test.each<[string, number, number | undefined]>([
  ['1795231747', 0, 1_795_231_747_000],
  ['1795231747', 60, 1_795_231_747_000],
  ['2026-11-20T23:56:22', 0, Date.UTC(2026, 10, 20, 23, 56, 22)],
  ['2026-11-20T23:56:22', 60, Date.UTC(2026, 10, 20, 22, 56, 22)],
  ['2026-11-20T23:56', 0, Date.UTC(2026, 10, 20, 23, 56)],
  ['2026-11-20T23:56:22+0100', 0, Date.UTC(2026, 10, 20, 22, 56, 22)],
  ['2026-11-20T23:56:22Z', 60, Date.UTC(2026, 10, 20, 23, 56, 22)],
  ['N/A', 0, undefined],
  ['Unknown', 0, undefined],
  ['None', 0, undefined],
  ['(null)', 0, undefined],
  ['NONE', 0, undefined],
  ['0', 0, undefined],
  ['', 0, undefined],
  ['2026-13-40T99:99:99', 0, undefined],
])('the time %j at offset %d is %s', (text, offset, ms) => expect(parseSlurmTime(text, offset)).toBe(ms));

test('parseEndTime reads the last line, whatever a login prints before', () => {
  expect(parseEndTime('Welcome to the cluster\n1795231867\n')).toBe(1_795_231_867_000);
  expect(parseEndTime('CLUSTER: nautilus\n1795226370\n')).toBe(1_795_226_370_000);
  expect(parseEndTime('NONE\n')).toBe('none');
  for (const text of ['N/A\n', 'Unknown', '', 'slurm_load_jobs error']) expect(parseEndTime(text)).toBeUndefined();
});
