import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, shellJoin, systemClock } from '@fairlead/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLocalScheduler } from './local-scheduler.ts';
import { isSameProcess } from './process-identity.ts';
import { jobFiles, readRecord } from './job-files.ts';
import { describeSchedulerContract } from '../scheduler.contract.ts';
import type { JobObservation, Scheduler } from '../scheduler.ts';

/** As built for this run of the tests (scripts/build-for-tests.ts), else from its source: right, and slower. */
const { FAIRLEAD_BUILT } = process.env;
const runner = FAIRLEAD_BUILT === undefined ? {} : { runnerPath: join(FAIRLEAD_BUILT, 'dist/local-runner.mjs') };

describeSchedulerContract('createLocalScheduler', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fl-local-'));
  const workDir = join(dir, 'work 100% ü');
  await mkdir(workDir);
  return {
    scheduler: createLocalScheduler({ stateDir: join(dir, 'state'), gpus: ['0'], killWaitMs: 300, ...runner }),
    workDir,
    nodePath: process.execPath,
    pollMs: 20,
    limit: { minutes: 3 / 60, warnSeconds: 2, overAfterMs: 10_000 },
    async writeFile(name, text) {
      const path = join(workDir, name);
      await writeFile(path, text);
      return path;
    },
    readFile: (path) => readIfThere(path),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  };
});

// These look into /proc, and a daemon escapes elsewhere (process-table.ts).
const notLinux = process.platform !== 'linux';

describe('createLocalScheduler', () => {
  let dir: string;
  let stateDir: string;
  let scheduler: Scheduler;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fl-local-'));
    stateDir = join(dir, 'state');
    scheduler = createLocalScheduler({ stateDir, gpus: ['0', '1', '2'], killWaitMs: 200, ...runner });
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function submit(name: string, ...lines: string[]): Promise<string> {
    const scriptPath = join(dir, `${name}.sh`);
    await writeFile(
      scriptPath,
      ['#!/bin/bash', `#SBATCH --output=${dir}/%x.log --export=NONE`, ...lines, ''].join('\n'),
    );
    return (await scheduler.submit({ name, scriptPath, workDir: dir })).jobId;
  }
  const look = async (jobId: string) => (await scheduler.observe([jobId])).get(jobId) as JobObservation;
  const log = async (name: string) => (await readIfThere(join(dir, `${name}.log`))) ?? '';
  const until = async <T>(ask: () => Promise<T | undefined | false>): Promise<T> => {
    for (;;) {
      const answer = await ask();
      if (answer) return answer;
      await systemClock.sleep(10);
    }
  };
  const ended = (jobId: string) =>
    until(async () => {
      const observation = await look(jobId);
      return observation.phase.kind === 'ended' && observation;
    });

  test('gives ids that rise, one each, also to those who ask at once', async () => {
    const ids = await Promise.all(['r1', 'r2', 'r3', 'r4', 'r5'].map((name) => submit(name, 'true')));
    expect(new Set(ids).size).toBe(5);
    for (const jobId of ids) await ended(jobId);
    expect(Number(await submit('r6', 'true'))).toBeGreaterThan(Math.max(...ids.map(Number)));
  });

  test('starts one job when the same name is submitted several times at once', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => submit('same', 'echo once; sleep 0.2')));
    expect(new Set(ids).size).toBe(1);
    await ended(ids[0] ?? '');
    expect(await log('same')).toBe('once\n');
  });

  test.skipIf(notLinux)('notices a runner that was killed, and clears what it watched over', async () => {
    const jobId = await submit('orphan', 'sleep 300 & echo $!; exec sleep 300');
    const pid = await until(async () => Number((await log('orphan')).trim()));
    const record = await readRecord(join(stateDir, 'jobs', jobId));
    process.kill(record?.runner.pid ?? 0, 'SIGKILL');
    const observation = await ended(jobId);
    expect(observation).toMatchObject({ phase: { outcome: 'node_fail' }, state: 'NODE_FAIL', reason: 'NodeDown' });
    expect(await isSameProcess(record?.script ?? { pid: 0, started: '' })).toBe(false);
    await until(async () => ((await readIfThere(`/proc/${pid}/stat`)) ?? ') Z').includes(') Z'));
    expect((await look(jobId)).endMs).toBe(observation.endMs);
  });

  test.skipIf(notLinux)('kills what a script leaves behind when it ends by itself', async () => {
    const jobId = await submit('leaver', 'setsid sleep 300 & echo $!; sleep 0.1');
    await ended(jobId);
    const pid = Number((await log('leaver')).trim());
    expect((await readIfThere(`/proc/${pid}/stat`)) ?? ') Z').toContain(') Z');
  });

  test('kills at once where TERM is not enough, and only then', async () => {
    const jobId = await submit('deaf', "trap 'echo no' TERM", 'echo up; while :; do sleep 0.05; done');
    await until(async () => (await log('deaf')).includes('up'));
    await scheduler.cancel(jobId, 'kill');
    expect(await ended(jobId)).toMatchObject({ state: 'CANCELLED', exitCode: { code: 0, signal: 9 } });
    expect(await log('deaf')).not.toContain('no\n');
    const patient = await submit('patient', "trap 'echo no' TERM", 'echo up; while :; do sleep 0.05; done');
    await until(async () => (await log('patient')).includes('up'));
    await scheduler.cancel(patient, 'stop');
    expect(await ended(patient)).toMatchObject({ state: 'CANCELLED', exitCode: { signal: 9 } });
    expect(await log('patient')).toContain('no\n');
  });

  test('hands out GPUs, and takes them back when a job ends', async () => {
    const gpu = (name: string, count: number, ...lines: string[]) =>
      submit(name, `#SBATCH --gres=gpu:${count}`, ...lines);
    const first = await gpu('g1', 2, 'echo "$SLURM_JOB_GPUS $CUDA_VISIBLE_DEVICES"; exec sleep 300');
    await until(async () => (await log('g1')).includes('0,1 0,1\n'));
    await expect(gpu('g2', 2, 'true')).rejects.toMatchObject({ code: 'gpus_busy' });
    await expect(gpu('g3', 4, 'true')).rejects.toMatchObject({ code: 'node_config_unavailable' });
    await scheduler.cancel(first, 'kill');
    await until(async () => (await look(first)).phase.kind === 'ended');
    await ended(await gpu('g2', 2, 'echo $CUDA_VISIBLE_DEVICES'));
    expect(await log('g2')).toBe('0,1\n');
  });

  test('tells a log that cannot be opened as a failed launch', async () => {
    const jobId = await submit('nolog', '#SBATCH --output=/nonexistent/%j', 'true');
    expect(await look(jobId)).toMatchObject({ phase: { outcome: 'failed' }, reason: 'JobLaunchFailure' });
    expect(await readFile(join(stateDir, 'jobs', jobId, 'runner.log'), 'utf8')).toContain('/nonexistent/');
  });

  /** Arguments for Node: submits a job that sleeps, prints its id, stays. */
  async function submitterArgs(name: string): Promise<string[]> {
    const scriptPath = join(dir, `${name}.sh`);
    await writeFile(scriptPath, `#!/bin/bash\n#SBATCH --output=${dir}/${name}.log\nexec sleep 300\n`);
    const job = JSON.stringify({ name, scriptPath, workDir: dir });
    const module = JSON.stringify(new URL('./local-scheduler.ts', import.meta.url).href);
    const code = [
      `const { createLocalScheduler } = await import(${module});`,
      `const scheduler = createLocalScheduler({ stateDir: ${JSON.stringify(stateDir)} });`,
      `console.log('job', (await scheduler.submit(${job})).jobId);`,
      'setInterval(() => {}, 1000);',
    ];
    return ['--conditions=fairlead-source', '--input-type=module', '-e', code.join(' ')];
  }

  test('runs on when the process that submitted it is killed', async () => {
    const child = spawn(process.execPath, await submitterArgs('outlive'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const jobId = /job (\d+)/.exec(String(said))?.[1] ?? '';
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await look(jobId)).phase).toEqual({ kind: 'running' });
    await scheduler.cancel(jobId, 'stop');
    expect((await ended(jobId)).phase).toEqual({ kind: 'ended', outcome: 'cancelled' });
  });

  test('leaves a job alone that was submitted from inside another one', async () => {
    const outer = await submit('outer', `exec ${shellJoin([process.execPath, ...(await submitterArgs('inner'))])}`);
    const inner = await until(async () => /job (\d+)/.exec(await log('outer'))?.[1]);
    await scheduler.cancel(outer, 'kill');
    await ended(outer);
    expect((await look(inner)).phase).toEqual({ kind: 'running' });
    await scheduler.cancel(inner, 'kill');
    await ended(inner);
  });

  test('keeps its files to their owner', async () => {
    await ended(await submit('private', 'true'));
    for (const name of await readdir(stateDir, { recursive: true })) {
      expect((await stat(join(stateDir, name))).mode & 0o077, name).toBe(0);
    }
    expect((await stat(join(dir, 'private.log'))).mode & 0o077).toBe(0);
  });

  test('lists the other jobs where the files of one are damaged, and starts new ones', async () => {
    const damaged = await submit('damaged', 'true');
    await ended(damaged);
    await writeFile(jobFiles.record(jobFiles.dir(stateDir, damaged)), '{"version":1,');
    const whole = await submit('damaged-not', '#SBATCH --gres=gpu:1', 'sleep 300');
    const listed = await scheduler.living('damaged');
    expect(new Map(listed.map(({ jobId, phase }) => [jobId, phase.kind]))).toEqual(
      new Map([
        [damaged, 'unknown'],
        [whole, 'running'],
      ]),
    );
    expect((await look(damaged)).phase).toMatchObject({
      raw: expect.stringMatching(/record\.json because it is damaged/),
    });
    await scheduler.cancel(whole, 'kill');
    await ended(whole);
  });

  test('calls anything that is no job gone', async () => {
    for (const jobId of ['0', '999999', '../names', '']) expect((await look(jobId)).phase.kind).toBe('gone');
  });
});

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
