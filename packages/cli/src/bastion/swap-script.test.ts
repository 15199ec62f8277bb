// The far side of a change of control, under this machine's sh.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { endControl } from './swap-script.ts';

const run = promisify(execFile);

describe('the end of control', () => {
  let base: string;
  let state: string;
  let runDir: string;

  beforeEach(async () => {
    base = await mkdtemp('/tmp/fl-swap-');
    [state, runDir] = [join(base, 'state'), join(base, 'run')];
    await Promise.all([mkdir(join(state, 'bin'), { recursive: true }), mkdir(runDir)]);
    await writeFile(join(state, 'bin', 'control.mjs'), `console.log('up'); setInterval(() => undefined, 1000);`);
  });
  afterEach(() => rm(base, { recursive: true }));

  async function control() {
    const child = spawn(process.execPath, [join(state, 'bin', 'control.mjs'), 'serve']);
    await once(child.stdout, 'data');
    return { pid: child.pid ?? 0, closed: once(child, 'close') as Promise<[number | null, string | null]> };
  }
  const end = () => run('sh', ['-c', `${endControl}end_control "$1" "$2"`, 'sh', state, runDir]);

  it.each([
    ['its pid file', (pid: number) => writeFile(join(runDir, 'control.pid'), `${pid}\n`)],
    [
      'its own record, where the pid file is gone',
      (pid: number) => writeFile(join(state, 'owner.json'), `{"host":"b","bootId":"x","pid":${pid},"runDir":"/r"}\n`),
    ],
  ])('finds it by %s', async (_what, record) => {
    const { pid, closed } = await control();
    await record(pid);
    await end();
    expect(await closed).toEqual([null, 'SIGTERM']);
  });

  it('leaves alone what only has its number', async () => {
    const other = spawn('sleep', ['60']);
    await writeFile(join(runDir, 'control.pid'), `${other.pid}\n`);
    await end();
    expect(other.exitCode).toBeNull();
    other.kill('SIGKILL');
    expect(await once(other, 'close')).toEqual([null, 'SIGKILL']);
  });
});
