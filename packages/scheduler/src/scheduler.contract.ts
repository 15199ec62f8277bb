// What every Scheduler must do, run against real jobs: on this machine in a unit test, on a real Slurm in the testbed.

import { systemClock } from '@fairlead/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobOutcome, JobPhase } from './slurm/classify/job-state.ts';
import type { JobObservation, JobSubmission, Scheduler } from './scheduler.ts';
import { escapeFilenamePattern } from './script/filename-pattern.ts';
import { type JobScriptPlan, renderJobScript } from './script/render-job-script.ts';

export interface SchedulerWorld extends AsyncDisposable {
  scheduler: Scheduler;
  /** An empty directory that scheduler and jobs both see; the contract wants a space and a percent sign in its name. */
  workDir: string;
  /** A Node that jobs can run. */
  nodePath: string;
  /** Writes a file into workDir where the scheduler's commands read it; gives its path. */
  writeFile(name: string, text: string): Promise<string>;
  /** Reads a file that a job wrote; undefined while it is missing. */
  readFile(path: string): Promise<string | undefined>;
  /** How often jobs are looked at. */
  pollMs: number;
  /** A limit, and a warning ahead of its end, that the scheduler keeps; how long until the end at the latest. */
  limit: { minutes: number; warnSeconds: number; overAfterMs: number };
}

export function describeSchedulerContract(title: string, openWorld: () => Promise<SchedulerWorld>): void {
  describe(`${title} (Scheduler contract)`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = new Bench(await openWorld());
    }, 60_000);
    afterAll(() => bench.world[Symbol.asyncDispose]());
    describeEnds(() => bench);
    describeOrders(() => bench);
    describeQuestions(() => bench);
  });
}

function describeEnds(bench: () => Bench): void {
  test('runs a script to its end, in its directory, with its log where the pattern says', async () => {
    const job = await bench().start(
      'ok',
      "console.log('id', process.env.SLURM_JOB_ID, process.env.SLURM_JOB_NAME, process.cwd())",
    );
    const end = await bench().ended(job.jobId, 'completed');
    expect(end).toMatchObject({ jobId: job.jobId, name: job.name, exitCode: { code: 0, signal: 0 } });
    expect(end.endMs).toBeGreaterThanOrEqual(end.startMs ?? Number.POSITIVE_INFINITY);
    expect(await bench().log(job.jobId)).toContain(`id ${job.jobId} ${job.name} ${bench().world.workDir}\n`);
  }, 60_000);

  test('tells a failure with its exit code', async () => {
    const { jobId } = await bench().start('fail', 'console.error("no"); process.exitCode = 3;');
    expect((await bench().ended(jobId, 'failed')).exitCode).toEqual({ code: 3, signal: 0 });
    expect(await bench().log(jobId)).toContain('no\n');
  }, 60_000);

  test('warns with USR2 ahead of the time limit and ends the job at it', async () => {
    const { minutes, warnSeconds, overAfterMs } = bench().world.limit;
    const { jobId } = await bench().start('limit', stubborn, { timeMinutes: minutes, warnSeconds });
    await bench().logged(jobId, 'ready');
    const running = await bench().reached(jobId, 'running');
    expect(running.endMs).toBeGreaterThan(running.startMs ?? Number.POSITIVE_INFINITY);
    await bench().logged(jobId, 'got SIGUSR2', overAfterMs);
    await bench().ended(jobId, 'timeout', overAfterMs);
    const log = (await bench().log(jobId)) ?? '';
    expect(log.indexOf('got SIGUSR2')).toBeLessThan(log.indexOf('got SIGTERM'));
    expect(log).toContain('DUE TO TIME LIMIT');
  }, 240_000);
}

function describeOrders(bench: () => Bench): void {
  test('drains: USR2 to the program, which ends by itself', async () => {
    const { jobId } = await bench().start('drain', polite);
    await bench().logged(jobId, 'ready');
    await bench().world.scheduler.cancel(jobId, 'drain');
    await bench().ended(jobId, 'completed');
    expect(await bench().log(jobId)).toContain('got SIGUSR2\n');
  }, 60_000);

  test('stops: TERM first, and nothing that the job started stays', async () => {
    const { jobId } = await bench().start('stop', withDescendants);
    const pids = /ready (\d+) (\d+)/.exec(await bench().logged(jobId, 'ready'))?.slice(1) ?? [];
    expect(pids).toHaveLength(2);
    await bench().world.scheduler.cancel(jobId, 'stop');
    await bench().ended(jobId, 'cancelled');
    expect(await bench().log(jobId)).toContain('got SIGTERM\n');
    // Looked at by a second job where it ran: the processes of a cluster are not ours to see. A zombie has ended.
    const code = `const { spawnSync } = require('node:child_process'); console.log(spawnSync('ps', ['-o', 'stat=,args=', '-p', '${pids.join()}']).stdout + 'looked')`;
    const look = await bench().start('look', code);
    await bench().ended(look.jobId, 'completed');
    const alive = (await bench().log(look.jobId))?.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
    expect(alive).toEqual(['looked']);
  }, 60_000);

  test('kills a job that takes no other order', async () => {
    const { jobId } = await bench().start('kill', stubborn);
    await bench().logged(jobId, 'ready');
    await bench().world.scheduler.cancel(jobId, 'kill');
    await bench().ended(jobId, 'cancelled');
  }, 60_000);

  test('takes orders to jobs that are no more', async () => {
    const { jobId } = await bench().start('over', '');
    await bench().ended(jobId, 'completed');
    for (const how of ['drain', 'stop', 'kill'] as const) {
      await bench().world.scheduler.cancel(jobId, how);
      await bench().world.scheduler.cancel(unknownJobId, how);
    }
    expect((await bench().look(jobId)).phase).toEqual({ kind: 'ended', outcome: 'completed' });
  }, 60_000);
}

function describeQuestions(bench: () => Bench): void {
  test('gives one name one job, also after its end', async () => {
    const { jobId, submission } = await bench().start('once', polite);
    const again = await bench().world.scheduler.submit(submission);
    expect(again.jobId).toBe(jobId);
    await bench().logged(jobId, 'ready');
    await bench().world.scheduler.cancel(jobId, 'stop');
    await bench().ended(jobId);
    expect((await bench().world.scheduler.submit(submission)).jobId).toBe(jobId);
  }, 60_000);

  test('observes several jobs at once, and reports an unknown one as gone', async () => {
    const [a, b] = [await bench().start('a', polite), await bench().start('b', '')];
    await bench().ended(b.jobId, 'completed');
    await bench().logged(a.jobId, 'ready');
    const seen = await bench().world.scheduler.observe([a.jobId, unknownJobId, b.jobId]);
    const kinds = Object.fromEntries([...seen].map(([jobId, { phase }]) => [jobId, phase.kind]));
    expect(kinds).toEqual({ [a.jobId]: 'running', [b.jobId]: 'ended', [unknownJobId]: 'gone' });
    expect((await bench().look(unknownJobId)).phase).toEqual({ kind: 'gone' });
    const living = async (prefix: string) =>
      (await bench().world.scheduler.living(prefix)).map(({ jobId, name }) => [jobId, name]);
    expect(await living(a.name)).toEqual([[a.jobId, a.name]]);
    expect(await living(b.name)).toEqual([]);
    expect(await living('fl-nobody-')).toEqual([]);
    expect(await bench().world.scheduler.observe([])).toEqual(new Map());
    await bench().world.scheduler.cancel(a.jobId, 'kill');
    await bench().ended(a.jobId);
  }, 60_000);

  test('tries a request without submitting it', async () => {
    const good = await bench().submission('good', '');
    expect(await bench().world.scheduler.testOnly(good)).toMatchObject({ ok: true });
    const bad = await bench().submission('bad', '', { nodes: 1000 });
    expect(await bench().world.scheduler.testOnly(bad)).toMatchObject({
      ok: false,
      kind: 'never-retry',
      code: 'node_config_unavailable',
    });
  }, 60_000);

  test('refuses what can never run, as often as it is asked', async () => {
    const bad = await bench().submission('never', '', { gpus: { perNode: 99 } });
    for (const _ of [1, 2]) {
      await expect(bench().world.scheduler.submit(bad)).rejects.toMatchObject({
        code: 'node_config_unavailable',
        retryable: false,
      });
    }
  }, 60_000);

  test('refuses an odd name before it reaches a shell', async () => {
    const good = await bench().submission('odd', '');
    const submit = bench().world.scheduler.submit({ ...good, name: 'a b;id' });
    await expect(submit).rejects.toMatchObject({ code: 'value_refused' });
  });
}

const unknownJobId = '987654';
const sayReady = 'console.log("ready"); setInterval(() => {}, 1000);';
const report = 'for (const s of ["SIGUSR2", "SIGTERM"]) process.on(s, () => console.log("got " + s));';
const stubborn = `${report} ${sayReady}`;
const polite = `process.on("SIGUSR2", () => { console.log("got SIGUSR2"); process.exit(0); }); ${sayReady}`;
/** A child in the group, and one in a session of its own that ignores TERM; both outlive the program. */
const withDescendants = [
  "const { spawn } = require('node:child_process');",
  "const child = spawn('sleep', ['300'], { stdio: 'ignore' });",
  `const daemon = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'ignore', detached: true });`,
  "process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(0); });",
  "console.log('ready', child.pid, daemon.pid);",
  'setInterval(() => {}, 1000);',
].join(' ');

/** The world with jobs in it. */
class Bench {
  readonly world: SchedulerWorld;
  readonly #run = process.pid.toString(36) + Date.now().toString(36);

  constructor(world: SchedulerWorld) {
    this.world = world;
  }

  async submission(name: string, code: string, directives: JobScriptPlan['directives'] = {}): Promise<JobSubmission> {
    const jobName = `fl-${name}-${this.#run}`;
    const { workDir } = this.world;
    const script = renderJobScript({
      jobName,
      command: ['-e', code],
      directives: { timeMinutes: 5, requeue: false, ...directives },
      stdoutPath: `${escapeFilenamePattern(workDir)}/log %j`,
      workDir,
      runtime: { nodePath: this.world.nodePath },
    });
    return { name: jobName, scriptPath: await this.world.writeFile(`${name}.sh`, script), workDir };
  }

  async start(name: string, code: string, directives: JobScriptPlan['directives'] = {}) {
    const submission = await this.submission(name, code, directives);
    const { jobId } = await this.world.scheduler.submit(submission);
    return { jobId, name: submission.name, submission };
  }

  async look(jobId: string): Promise<JobObservation> {
    const observation = (await this.world.scheduler.observe([jobId])).get(jobId);
    if (!observation) throw new Error(`no observation of job ${jobId}`);
    return observation;
  }

  log(jobId: string): Promise<string | undefined> {
    return this.world.readFile(`${this.world.workDir}/log ${jobId}`);
  }

  logged(jobId: string, text: string, withinMs?: number): Promise<string> {
    return this.#until(`"${text}" in the log of job ${jobId}`, withinMs, async () => {
      const log = await this.log(jobId);
      return log?.includes(text) ? log : undefined;
    });
  }

  reached(jobId: string, kind: JobPhase['kind'], withinMs?: number): Promise<JobObservation> {
    return this.#until(`job ${jobId} ${kind}`, withinMs, async () => {
      const observation = await this.look(jobId);
      return observation.phase.kind === kind ? observation : undefined;
    });
  }

  async ended(jobId: string, outcome?: JobOutcome, withinMs?: number): Promise<JobObservation> {
    const observation = await this.reached(jobId, 'ended', withinMs);
    if (outcome !== undefined) expect(observation.phase).toEqual({ kind: 'ended', outcome });
    return observation;
  }

  async #until<T>(what: string, withinMs = 45_000, look: () => Promise<T | undefined>): Promise<T> {
    const giveUpAt = systemClock.monotonicMs() + withinMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (systemClock.monotonicMs() > giveUpAt) throw new Error(`waited ${withinMs} ms for ${what}`);
      await systemClock.sleep(this.world.pollMs);
    }
  }
}
