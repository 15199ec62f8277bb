import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, readProcStat, Scope, systemClock } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { type HangReportOptions, saveHangReport } from './save-hang-report.ts';

const onLinux = it.skipIf(process.platform !== 'linux');

/** A stopped process, and options of its report. `pySpy`: a shell script in its place, beside the engine's program. */
async function stopped(scope: Scope, pySpy?: string): Promise<HangReportOptions & { pid: number }> {
  const dir = await mkdtemp('/tmp/fa-hang-');
  scope.defer(() => rm(dir, { recursive: true }));
  if (pySpy !== undefined) await writeFile(join(dir, 'py-spy'), `#!/bin/sh\n${pySpy}\n`);
  if (pySpy !== undefined) await chmod(join(dir, 'py-spy'), 0o700);
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  child.kill('SIGSTOP');
  scope.defer(() => void child.kill('SIGKILL'));
  const pid = child.pid!;
  // The signal takes effect a moment after the call.
  await expect.poll(async () => (await readProcStat(pid))?.state).toBe('T');
  const common = { reason: 'the engine hangs: no answer', lastLines: () => ['one', 'two'], path: undefined };
  return { ...common, dir, pid, pids: [pid], program: join(dir, 'vllm'), clock: systemClock };
}

onLinux('a report of a hang has each process with state, threads and Python stacks, and the last lines', async () => {
  await using scope = new Scope();
  const options = await stopped(scope, 'echo "Thread 1: waits in $3 $4"');
  const path = await saveHangReport(options);
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(/^\d{4}-.*: the engine hangs: no answer$/m);
  expect(text).toMatch(/^State:\s+T \(stopped\)$/m);
  expect(text).toMatch(new RegExp(`^  ${options.pid} sleep T `, 'm'));
  expect(text).toContain(`Thread 1: waits in --pid ${options.pid}`);
  expect(text.trimEnd()).toMatch(/one\ntwo$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

onLinux('a report of a hang is written where py-spy is missing, or hangs itself, or the process is gone', async () => {
  await using scope = new Scope();
  const missing = await stopped(scope);
  expect(await readFile(await saveHangReport(missing), 'utf8')).not.toContain('py-spy');
  // The limit is over at once: what is known by then is saved.
  const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
  const late = { ...(await stopped(scope, 'exec sleep 60')), clock };
  expect(await readFile(await saveHangReport(late), 'utf8')).toMatch(/== process \d+\n/);
  const gone = { ...missing, pids: [2 ** 22 + 1] };
  expect(await readFile(await saveHangReport(gone), 'utf8')).toContain('ENOENT');
});

onLinux('reports of hangs are bounded in number and size', async () => {
  await using scope = new Scope();
  let nowMs = Date.now();
  const clock: Clock = { ...systemClock, now: () => (nowMs += 1000) };
  const options = {
    ...(await stopped(scope)),
    clock,
    lastLines: () => Array.from({ length: 5000 }, () => 'x'.repeat(9000)),
  };
  for (let turn = 0; turn < 5; turn++) await saveHangReport(options);
  const reports = await readdir(options.dir);
  expect(reports).toHaveLength(3);
  for (const name of reports) expect((await stat(join(options.dir, name))).size).toBeLessThanOrEqual(1024 * 1024 + 1);
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

it.skipIf(process.platform !== 'linux' || !hasPython).each(['waits', 'is stopped'])(
  'where py-spy is missing Python that %s prints its stacks, and no process of another kind is ended',
  async (how) => {
    await using scope = new Scope();
    const other = await stopped(scope);
    let said = '';
    const code = 'import time\ndef waits_for_ever():\n  print("up", flush=True)\n  time.sleep(60)\nwaits_for_ever()';
    const env = { ...process.env, PYTHONFAULTHANDLER: '1' };
    const hung = spawn('python3', ['-c', code], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    scope.defer(() => void hung.kill('SIGKILL'));
    // Python writes a line in pieces.
    hung.stderr.on('data', (chunk) => (said += String(chunk)));
    await once(hung.stdout, 'data');
    if (how === 'is stopped') hung.kill('SIGSTOP');
    const ended = once(hung, 'exit');
    // On a busy machine Python takes longer than the agent waits.
    const patient: Clock = { ...systemClock, monotonicMs: () => 0 };
    const options = { ...other, clock: patient, pids: [hung.pid!, other.pid], lastLines: () => said.split('\n') };
    const path = await saveHangReport(options);
    expect(await readFile(path, 'utf8')).toMatch(/Fatal Python error: Aborted[^]*in waits_for_ever/);
    expect(await ended).toEqual([null, 'SIGABRT']);
    expect((await readProcStat(other.pid))?.state).toBe('T');
  },
);
