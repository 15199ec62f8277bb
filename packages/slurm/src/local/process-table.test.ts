import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';
import { pickJobProcesses, type ProcessRow } from './process-table.ts';

const row = (pid: number, ppid: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  ppid,
  pgid: pid,
  sid: pid,
  marked: false,
  runner: false,
  ...more,
});

const rows = [
  row(1, 0),
  row(10, 1, { runner: true }),
  row(100, 10, { pgid: 100, sid: 100 }),
  row(101, 100, { pgid: 100, sid: 100 }),
  row(102, 100, { pgid: 102, sid: 100 }),
  row(103, 101),
  row(104, 1, { marked: true }),
  row(105, 104),
  row(110, 101, { marked: true, runner: true }),
  row(111, 110),
  row(200, 1),
];

test('a job is its group, its session, what carries its mark, and the descendants of these', () => {
  expect(pickJobProcesses(rows, 100, 10).toSorted((a, b) => a - b)).toEqual([100, 101, 102, 103, 104, 105]);
});

test('a job that it has submitted is left alone', () => {
  expect(pickJobProcesses(rows, 100, 10)).not.toContain(110);
  expect(pickJobProcesses(rows, 100, 10)).not.toContain(111);
});

test('without its leader a job is what carries its mark', () => {
  expect(pickJobProcesses(rows, undefined, 10).toSorted((a, b) => a - b)).toEqual([104, 105]);
});

test.runIf(process.platform === 'linux')('needs few open files, however many processes there are', () => {
  const module = new URL('./process-table.ts', import.meta.url).href;
  const code = [
    `const { listProcesses } = await import('${module}');`,
    `const rows = await listProcesses('x=y');`,
    `console.log(rows.length > 200);`,
  ].join(' ');
  // The descriptors are counted in the process that looks; the others only have to be there.
  const script = `i=0; while [ $i -lt 220 ]; do sleep 60 & i=$((i + 1)); done; ulimit -n 120; "$@"; code=$?; kill $(jobs -p); exit $code`;
  const args = [process.execPath, '--conditions=fairlead-source', '--input-type=module', '-e', code];
  expect(execFileSync('bash', ['-c', script, 'bash', ...args], { stdio: ['ignore', 'pipe', 'pipe'] }).toString()).toBe(
    'true\n',
  );
});
