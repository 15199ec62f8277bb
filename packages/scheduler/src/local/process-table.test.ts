import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
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

test.skipIf(process.platform !== 'linux')(
  'processes are listed where fewer files may be open than there are processes',
  async () => {
    const crowd = Array.from({ length: 80 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }));
    try {
      await Promise.all(crowd.map((one) => once(one, 'spawn')));
      const table = JSON.stringify(new URL('./process-table.ts', import.meta.url).href);
      const script = `
      const { listProcesses } = await import(${table});
      const pids = new Set((await listProcesses('NAME=none')).map(({ pid }) => pid));
      console.log(${JSON.stringify(crowd.map(({ pid }) => pid))}.every((pid) => pids.has(pid)));
    `;
      const argv = ['--conditions=fairlead-source', '--input-type=module', '-e', script];
      const child = spawn('/bin/sh', ['-c', 'ulimit -n 70; exec "$@"', 'sh', process.execPath, ...argv], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      expect(await text(child.stdout)).toBe('true\n');
    } finally {
      for (const one of crowd) one.kill('SIGKILL');
    }
  },
);
