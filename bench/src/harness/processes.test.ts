import { parseProcStat } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { descendantsOf, type ProcessUse, readProcess, usedBetween, usageOf } from './processes.ts';

const process1 = (pid: number, parent: number, cpuSeconds = 0): ProcessUse => ({
  pid,
  parent,
  argv: '',
  cpuSeconds,
  residentMB: 0,
  startedSeconds: 0,
});

it('The usage of a process is in seconds and megabytes', () => {
  const text =
    '4242 (a b) c) S 17 4242 4242 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 11 0 98700 1000000 25000 18446744073709551615';
  expect(usageOf(parseProcStat(4242, text)!)).toEqual({
    pid: 4242,
    parent: 17,
    cpuSeconds: 2,
    residentMB: 102.4,
    startedSeconds: 987,
  });
});

describe('The processes of a measurement', () => {
  it('are the children of one process and their descendants', () => {
    const all = [process1(1, 0), process1(2, 1), process1(3, 2), process1(4, 9), process1(5, 3)];
    expect(descendantsOf(2, all).map(({ pid }) => pid)).toEqual([3, 5]);
  });

  it('have used the difference between two readings', () => {
    expect([...usedBetween([process1(1, 0, 2)], [process1(1, 0, 5), process1(2, 0, 1)])]).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  it.runIf(process.platform === 'linux')('are read from this machine', async () => {
    const own = await readProcess(process.pid);
    expect(own).toMatchObject({ pid: process.pid, parent: process.ppid });
    expect(own?.residentMB).toBeGreaterThan(10);
  });
});
