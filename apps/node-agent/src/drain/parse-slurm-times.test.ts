import { expect, it } from 'vitest';
import { parseEndTime, parseKillWait } from './parse-slurm-times.ts';

it('parseEndTime reads seconds, local ISO time, and that there is no limit', () => {
  expect(parseEndTime('1795226370\n')).toBe(1_795_226_370_000);
  expect(parseEndTime('CLUSTER: nautilus\n1795226370\n')).toBe(1_795_226_370_000);
  expect(parseEndTime('2026-11-21T02:00:00\n')).toBe(new Date(2026, 10, 21, 2, 0, 0).getTime());
  expect(parseEndTime('NONE\n')).toBe('none');
  for (const text of ['N/A\n', 'Unknown', '', 'slurm_load_jobs error']) expect(parseEndTime(text)).toBeUndefined();
});

it('parseKillWait finds its line', () => {
  expect(parseKillWait('KeepAliveTime           = 60 sec\nKillWait                = 5 sec\nLaunchType = x\n')).toBe(
    5000,
  );
  expect(parseKillWait('nothing')).toBeUndefined();
});
