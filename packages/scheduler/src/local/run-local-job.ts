// Runs one local job to its end: performs the effects of job-life.ts. Imports nothing but Node, kit and pure siblings, so
// that it starts fast and bundles into one file.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { cpus, constants, userInfo } from 'node:os';
import { basename } from 'node:path';
import { signalProcess } from '@fairlead/kit';
import { identifyHost, nodeName } from './host-identity.ts';
import { slurmVariables } from './job-environment.ts';
import { jobFiles, type LocalJobRecord, type LocalJobSpec, readJobSpec, writeRecord } from './job-files.ts';
import { type JobEffect, type JobEvent, type JobLife, transition } from './job-life.ts';
import { identifyProcess } from './process-identity.ts';
import { clearJob, type JobProcesses, signalJob } from './process-table.ts';
import { startTimer } from './start-timer.ts';

/** Orders to the runner; see orderSignals in local-scheduler.ts. */
export const orderSignals = { drain: 'SIGUSR2', stop: 'SIGTERM', kill: 'SIGQUIT' } as const;

/** Resolves when the job has ended and its record says so. `onAccepted` is called once orders can be taken. */
export async function runLocalJob(jobDir: string, onAccepted: () => void): Promise<void> {
  const spec = await readJobSpec(jobDir);
  const runner = await identifyProcess(process.pid);
  if (!spec || !runner) throw new Error(`cannot run the job in ${basename(jobDir)} because its spec is missing`);
  const startMs = Date.now();
  const started = { startMs, ...(spec.limitMs === null ? {} : { endMs: startMs + spec.limitMs }) };
  const host = await identifyHost();
  const base: LocalJobRecord = { version: 1, state: 'RUNNING', reason: 'None', host, runner, ...started };
  let child: ChildProcess;
  try {
    child = await startScript(jobDir, spec, started);
  } catch (error) {
    await recordLaunchFailure(jobDir, base, error);
    onAccepted();
    return;
  }
  const script = await identifyProcess(child.pid ?? 0);
  await new RunningJob(jobDir, spec, { ...base, ...(script ? { script } : {}) }, child).run(onAccepted);
}

class RunningJob {
  readonly #jobDir: string;
  readonly #spec: LocalJobSpec;
  readonly #child: ChildProcess;
  readonly #processes: JobProcesses;
  readonly #timers: Array<() => void> = [];
  readonly #ended = Promise.withResolvers<void>();
  #record: LocalJobRecord;
  #life: JobLife = { kind: 'running' };
  /** Effects run one after the other: a record must not overtake the one before it. */
  #work: Promise<void> = Promise.resolve();

  constructor(jobDir: string, spec: LocalJobSpec, record: LocalJobRecord, child: ChildProcess) {
    this.#jobDir = jobDir;
    this.#spec = spec;
    this.#record = record;
    this.#child = child;
    this.#processes = { mark: markOf(spec), leader: child.pid };
  }

  async run(onAccepted: () => void): Promise<void> {
    process.on(orderSignals.drain, () => this.#dispatch({ type: 'job.drain' }));
    process.on(orderSignals.stop, () => this.#dispatch({ type: 'job.stop' }));
    process.on(orderSignals.kill, () => this.#dispatch({ type: 'job.kill' }));
    process.on('SIGINT', () => this.#dispatch({ type: 'job.stop' }));
    process.on('SIGHUP', () => this.#dispatch({ type: 'job.stop' }));
    this.#child.once('exit', (code, signal) => {
      this.#dispatch({ type: 'script.exited', code: code ?? 0, signal: signal ? (constants.signals[signal] ?? 0) : 0 });
    });
    const first = this.#record;
    this.#work = this.#work.then(() => writeRecord(this.#jobDir, first));
    await this.#work;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) this.#noteEarlyExit();
    this.#armTimers();
    onAccepted();
    await this.#ended.promise;
  }

  /** The script may have ended while its record was written; the event is then in the past or still to come. */
  #noteEarlyExit(): void {
    const { exitCode, signalCode } = this.#child;
    const signal = signalCode === null ? 0 : (constants.signals[signalCode] ?? 0);
    if (this.#life.kind === 'running') this.#dispatch({ type: 'script.exited', code: exitCode ?? 0, signal });
  }

  #armTimers(): void {
    const { endMs } = this.#record;
    const { warning } = this.#spec;
    if (endMs === undefined) return;
    this.#timers.push(startTimer(endMs, () => this.#dispatch({ type: 'deadline.reached' })));
    if (!warning) return;
    const { signal } = warning;
    this.#timers.push(startTimer(endMs - warning.aheadMs, () => this.#dispatch({ type: 'warning.due', signal })));
  }

  #dispatch(event: JobEvent): void {
    const { state, effects } = transition(this.#life, event);
    this.#life = state;
    for (const effect of effects) this.#work = this.#work.then(() => this.#perform(effect));
    if (state.kind === 'ended') this.#work = this.#work.then(() => this.#close());
    this.#work.catch(this.#ended.reject);
  }

  async #perform(effect: JobEffect): Promise<void> {
    switch (effect.type) {
      case 'signal-script':
        return signalProcess(this.#child.pid ?? 0, effect.signal);
      case 'terminate-all':
        await signalJob(this.#processes, 'SIGCONT', 'SIGTERM');
        return;
      case 'kill-all':
        await signalJob(this.#processes, 'SIGKILL');
        return;
      case 'start-kill-wait':
        this.#timers.push(
          startTimer(Date.now() + this.#spec.killWaitMs, () => this.#dispatch({ type: 'kill-wait.over' })),
        );
        return;
      case 'clear-processes':
        if (!(await clearJob(this.#processes))) announce(this.#spec, 'left processes that cannot be killed');
        return this.#dispatch({ type: 'processes.cleared' });
      case 'announce':
        return announce(this.#spec, `CANCELLED AT ${new Date().toISOString().slice(0, 19)}${effect.why}`);
      case 'record': {
        const end = effect.end ? { endMs: Date.now(), exitCode: effect.end.exitCode } : {};
        this.#record = { ...this.#record, state: effect.state, reason: effect.reason, ...end };
        return writeRecord(this.#jobDir, this.#record);
      }
    }
  }

  #close(): void {
    for (const stop of this.#timers) stop();
    this.#ended.resolve();
  }
}

export function markOf(spec: LocalJobSpec): string {
  return `FAIRLEAD_LOCAL_JOB=${spec.mark}`;
}

async function startScript(
  jobDir: string,
  spec: LocalJobSpec,
  times: { startMs: number; endMs?: number },
): Promise<ChildProcess> {
  const { username: user, uid } = userInfo();
  const host = { node: nodeName(), user, uid, cpus: cpus().length };
  const stdout = openLog(spec, spec.stdoutPath);
  const stderr = spec.stderrPath === null ? stdout : openLog(spec, spec.stderrPath);
  try {
    // detached: a session and group of its own, which the whole job shares.
    const child = spawn('bash', [jobFiles.script(jobDir)], {
      cwd: spec.workDir,
      detached: true,
      env: { ...process.env, ...slurmVariables(spec, host, times), FAIRLEAD_LOCAL_JOB: spec.mark },
      stdio: ['ignore', stdout, stderr],
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve);
    child.once('error', reject);
    await promise;
    return child;
  } finally {
    closeSync(stdout);
    if (stderr !== stdout) closeSync(stderr);
  }
}

function openLog({ openMode }: LocalJobSpec, path: string): number {
  return openSync(path, openMode === 'append' ? 'a' : 'w', 0o600);
}

async function recordLaunchFailure(jobDir: string, base: LocalJobRecord, error: unknown): Promise<void> {
  process.stderr.write(`cannot start the job: ${error instanceof Error ? error.message : String(error)}\n`);
  const exitCode = { code: 1, signal: 0 };
  await writeRecord(jobDir, { ...base, state: 'FAILED', reason: 'JobLaunchFailure', endMs: Date.now(), exitCode });
}

/** A line at the end of the job's log, as slurmstepd writes it. */
function announce(spec: LocalJobSpec, what: string): void {
  const log = openSync(spec.stderrPath ?? spec.stdoutPath, 'a', 0o600);
  writeSync(log, `slurmstepd: error: *** JOB ${spec.jobId} ON ${nodeName()} ${what} ***\n`);
  closeSync(log);
}
