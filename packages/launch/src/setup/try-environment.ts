// Tries an environment on a compute node by a short job, and removes every trace of the job.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import { CodedError, Scope } from '@fairlead/kit';
import { escapeFilenamePattern, type JobObservation, renderJobScript, type Scheduler } from '@fairlead/scheduler';

import { jobDirOf } from '../cluster-paths.ts';
import { directivesOf } from '../job/job-files.ts';
import { testJob } from '../job/submit-job.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';
import { pollMs } from '../site/slurm-site.ts';
import { parseTrial, type TrialReport, trialScript } from './judge-trial.ts';

/** The job's time limit: a first import from a shared file system takes minutes. */
const timeMinutes = 15;
/** Between two looks at the job's log. */
const lookIntervalMs = 2_000;
/** How long the last lines may take through a shared file system. */
const lastLinesMs = 10_000;

export interface Trial {
  /** Resources are those of a deployment. */
  plan: DeploymentPlan;
  /** The Python beside the engine, or ''. */
  python: string;
  versionCommand: readonly string[];
  waitSeconds: number;
  onSubmitted: (jobId: string) => void;
  onWaiting: (words: string) => void;
}

/** Throws `setup_failed` where the job does not start in time or ends without a word. */
export async function tryEnvironment(site: Site, trial: Trial, run: Run<never>): Promise<TrialReport> {
  await using traces = new Scope();
  const instance = `setup-${randomBytes(3).toString('hex')}`;
  const folder = jobDirOf(site.paths, instance);
  const logPath = join(folder, 'job.log');
  const script = jobScriptOf(site, trial, { instance, folder, logPath });
  await testJob(site, script, run.signal);
  traces.defer(async () => void (await site.host.runner.run(['rm', '-rf', '--', folder])));
  await site.host.upload(Buffer.from(trialScript), join(folder, 'trial.sh'), { mode: 0o700, signal: run.signal });
  await site.host.upload(Buffer.from(script), join(folder, 'job.sh'), { mode: 0o700, signal: run.signal });
  run.signal.throwIfAborted();
  // Without the signal: an answer that is not awaited would leave a job that no record names.
  const name = `fl-${instance}`;
  const { jobId, cluster } = await site.scheduler.submit({ name, scriptPath: join(folder, 'job.sh'), workDir: folder });
  if (cluster !== undefined) await site.jobClusters?.remember(instance, cluster);
  const scheduler = await schedulerOf(site, instance);
  traces.defer(() => scheduler.cancel(jobId, 'stop'));
  trial.onSubmitted(jobId);
  // Awaited here: the traces are removed when this function has ended.
  return await followTrial({ site, scheduler, jobId, logPath, trial, run });
}

function jobScriptOf(
  site: Site,
  { plan, python, versionCommand }: Trial,
  { instance, folder, logPath }: { instance: string; folder: string; logPath: string },
): string {
  const { config } = site.cluster;
  const { slurm = {} } = config;
  return renderJobScript({
    jobName: `fl-${instance}`,
    workDir: folder,
    stdoutPath: escapeFilenamePattern(logPath),
    command: ['/bin/sh', join(folder, 'trial.sh'), python, ...versionCommand],
    directives: directivesOf({ ...plan, timeMinutes }, config),
    omit: slurm.omit ?? [],
    override: slurm.override ?? {},
    raw: slurm.extra ?? [],
    prologue: config.prologue ?? [],
    env: config.env ?? {},
  });
}

interface Following {
  site: Site;
  scheduler: Scheduler;
  jobId: string;
  logPath: string;
  trial: Trial;
  run: Run<never>;
}

async function followTrial({ site, scheduler, jobId, logPath, trial, run }: Following): Promise<TrialReport> {
  const { clock, signal } = run;
  const startedMs = clock.monotonicMs();
  const queueMs = pollMs(site.cluster.config.slurm);
  let askedMs = startedMs;
  for (;;) {
    await clock.sleep(lookIntervalMs, signal);
    const report = parseTrial(await readLog(site, logPath, signal));
    if (report) return report;
    if (clock.monotonicMs() - askedMs < queueMs) continue;
    askedMs = clock.monotonicMs();
    const seen = (await scheduler.observe([jobId], signal)).get(jobId);
    if (seen && (seen.phase.kind === 'ended' || seen.phase.kind === 'gone')) {
      await clock.sleep(lastLinesMs, signal);
      const log = await readLog(site, logPath, signal);
      return parseTrial(log) ?? refuse(jobId, `it ended without a result (${seen.state || 'gone'}): ${lastWords(log)}`);
    }
    const waitedSeconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
    trial.onWaiting(`trial job ${jobId}: ${seen?.pending?.text ?? seen?.state ?? 'submitted'} (${waitedSeconds} s)`);
    refuseLongWait(seen, { jobId, waitedSeconds, limitSeconds: trial.waitSeconds });
  }
}

function refuseLongWait(
  seen: JobObservation | undefined,
  { jobId, waitedSeconds, limitSeconds }: { jobId: string; waitedSeconds: number; limitSeconds: number },
): void {
  if (seen?.phase.kind !== 'pending') return;
  if (seen.pending?.kind === 'never-starts') refuse(jobId, `it would wait for ever: ${seen.pending.text}`);
  if (waitedSeconds >= limitSeconds)
    refuse(jobId, `it still waited after ${waitedSeconds} s (${seen.pending?.text ?? 'no reason given'})`);
}

function refuse(jobId: string, why: string): never {
  throw new CodedError<LaunchErrorCode>('setup_failed', `cannot try the environment in job ${jobId} because ${why}`, {
    hint: 'What is built stays: run `fairlead setup` again, with --wait to wait longer, or with --no-job to use it untried.',
  });
}

async function readLog(site: Site, path: string, signal: AbortSignal): Promise<string> {
  return (await site.host.runner.run(['tail', '-n', '40', '--', path], { signal })).stdout;
}

function lastWords(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ').slice(-300) || 'its log is empty';
}
