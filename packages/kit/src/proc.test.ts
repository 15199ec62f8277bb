import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isOutOfReach, mapProcesses, parseProcStat, readProcStat, readProcWords } from './proc.ts';

describe('parseProcStat', () => {
  const rest = (state: string) =>
    `${state} 10 42 40 0 -1 4194304 100 0 0 0 7 3 0 0 20 0 1 0 987654 1000000 250 18446744073709551615`;

  it('reads the fields behind a name that holds brackets and blanks', () => {
    expect(parseProcStat(42, `42 (a) b (c)) ${rest('S')}`)).toEqual({
      pid: 42,
      state: 'S',
      parent: 10,
      group: 42,
      session: 40,
      isKernelThread: false,
      userTicks: 7,
      systemTicks: 3,
      startTicks: 987_654,
      residentPages: 250,
    });
  });

  it('tells a thread of the kernel', () => {
    // Of a machine: flags 2129984 are PF_KTHREAD and others.
    const text = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 31 0 0 20 0 1 0 7 0 0 18446744073709551615';
    expect(parseProcStat(2, text)).toMatchObject({ pid: 2, parent: 0, isKernelThread: true });
  });

  it.each(['Z', 'X'])('calls a process in state %s none', (state) => {
    expect(parseProcStat(42, `42 (sh) ${rest(state)}`)).toBeUndefined();
  });
});

it.each(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])('%s says that a process is out of reach', (code) => {
  expect(isOutOfReach(Object.assign(new Error(code), { code }))).toBe(true);
  expect(isOutOfReach(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }))).toBe(false);
});

describe.skipIf(process.platform !== 'linux')('/proc', () => {
  it('tells of a process until it has ended', async () => {
    const child = spawn('sh', ['-c', 'read line; exit', 'a word'], { env: { MARK: 'of the test' }, detached: true });
    const pid = child.pid!;
    await once(child, 'spawn');
    await expect.poll(() => readProcWords(pid, 'environ')).toContain('MARK=of the test');
    expect(await readProcStat(pid)).toMatchObject({ pid, parent: process.pid, group: pid, session: pid });
    expect(await readProcWords(pid, 'cmdline')).toEqual(['sh', '-c', 'read line; exit', 'a word']);
    const seen = await mapProcesses(async (stat) => stat.pid);
    expect(seen).toEqual(expect.arrayContaining([pid, process.pid]));
    child.stdin.end('\n');
    await once(child, 'close');
    expect(await readProcStat(pid)).toBeUndefined();
    expect(await readProcWords(pid, 'environ')).toEqual([]);
    expect(await mapProcesses(async (stat) => stat.pid)).not.toContain(pid);
  });

  it('tells of an environment that is larger than one read', async () => {
    // The first read takes 4 KiB: an environment that ends there, one that ends behind it, and one of many reads.
    for (const size of [4096, 4097, 100_000]) {
      const value = 'x'.repeat(size - 'MARK=\0'.length);
      await using child = Object.assign(spawn('sh', ['-c', 'echo up; read line'], { env: { MARK: value } }), {
        [Symbol.asyncDispose]: async () => {
          child.stdin.end('\n');
          await once(child, 'close');
        },
      });
      await once(child.stdout, 'data');
      expect(await readProcWords(child.pid!, 'environ')).toEqual([`MARK=${value}`]);
    }
  });

  it('is looked at without the threads of the kernel', async () => {
    const words = await mapProcesses(({ pid }) => readProcWords(pid, 'cmdline'));
    const isOfKernel = await mapProcesses(async (stat) => stat.isKernelThread);
    expect(words.length).toBeGreaterThan(0);
    expect(isOfKernel).not.toContain(true);
  });

  it('is looked at one process at a time where the limit of open files does not allow more', async () => {
    let isFull = true;
    let running = 0;
    let most = 0;
    const pids = await mapProcesses(async ({ pid }) => {
      if (isFull) {
        isFull = false;
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      }
      running += 1;
      await readProcWords(pid, 'cmdline');
      most = running;
      running -= 1;
      return pid;
    });
    expect(pids).toContain(process.pid);
    expect(most).toBe(1);
  });
});
