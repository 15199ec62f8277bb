// Follows the test job: its lines as they come, the queue where none come, and the laptop's own visit to its socket.

import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import { CodedError, withTimeLimit } from '@fairlead/kit';
import { decodeText } from '@fairlead/protocol';
import type { JobObservation, Scheduler } from '@fairlead/scheduler';

import { pollMs, type Site } from '@fairlead/launch';
import { fail, type Finding, passed, skipped } from '../check.ts';
import type { Inspection } from '../inspection.ts';
import { lineOf, type ProbeLine, probeLine, type ProbeReport } from '../probe/probe-report.ts';

export interface TestJob {
  inspection: Inspection;
  site: Site;
  scheduler: Scheduler;
  jobId: string;
  logPath: string;
  /** The second hop to the job's socket, and the word that must come out of it. */
  dial: () => Promise<{ stream: Duplex; word: string }>;
  signal: AbortSignal;
}

/** The queue is not asked more often than this; the job's log says more, and earlier. */
const jobPollIntervalMs = 5_000;
/** How long lines may take through a shared file system once the job has ended. */
const lastLinesMs = 10_000;
const hopMs = 15_000;

export async function followTestJob(job: TestJob): Promise<Finding> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([job.signal, stopped.signal]);
  try {
    return await Promise.race([readLines(job, signal), watchQueue(job, signal)]);
  } finally {
    stopped.abort(new CodedError('interrupted', 'the test job is not followed any more'));
  }
}

/** Resolves with the job's last line. */
async function readLines(job: TestJob, signal: AbortSignal): Promise<Finding> {
  const { inspection, site, logPath, jobId } = job;
  const { probe, context } = inspection;
  for await (const text of site.host.tail(logPath, { lines: 200, follow: true, signal })) {
    const line = lineIn(text);
    if (!line) continue;
    probe.readAtMs ??= context.clock.now();
    probe.lines.push(line);
    if (line.probe === 'listening' && line.ok) probe.hop = await visit(job, signal);
    if (line.probe === 'done') return judgeStarted(probe, jobId);
  }
  signal.throwIfAborted();
  throw new CodedError('remote_unfit', `cannot go on reading ${logPath}: tail ended`);
}

/** Other lines in the log come from the prologue or from Slurm. */
function lineIn(text: string): ProbeLine | undefined {
  if (!text.startsWith('{"probe":')) return undefined;
  const decoded = decodeText(probeLine, text);
  return decoded.ok ? decoded.value : undefined;
}

async function visit({ dial, inspection }: TestJob, signal: AbortSignal): Promise<NonNullable<ProbeReport['hop']>> {
  const { clock } = inspection.context;
  const started = clock.monotonicMs();
  try {
    const { stream, word } = await dial();
    try {
      stream.on('error', () => stream.destroy());
      const late = () => new CodedError('timeout', `nothing came through it in ${hopMs / 1000} s`);
      const [chunk] = (await withTimeLimit(once(stream, 'data', { signal }), hopMs, late)) as [Buffer];
      if (!String(chunk).startsWith(word)) throw new CodedError('protocol', 'something else answered there');
      return { ok: true, roundTripMs: clock.monotonicMs() - started };
    } finally {
      stream.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, error };
  }
}

/** Resolves when no more lines will come: the job ended without its last line, or waited too long. */
async function watchQueue(
  { inspection, site, scheduler, jobId, logPath }: TestJob,
  signal: AbortSignal,
): Promise<Finding> {
  const { clock, output } = inspection.context;
  const { slurm } = site.cluster.config;
  const waitMs = slurm?.pollSeconds === undefined ? jobPollIntervalMs : pollMs(slurm);
  const startedMs = clock.monotonicMs();
  for (;;) {
    await clock.sleep(waitMs, signal);
    const seen = (await scheduler.observe([jobId], signal)).get(jobId);
    const waitedSeconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
    const finding = seen && judgeWaiting(seen, { waitedSeconds, limitSeconds: inspection.args.waitSeconds });
    if (finding) return finding;
    if (seen?.phase.kind === 'ended' || seen?.phase.kind === 'gone') {
      await clock.sleep(lastLinesMs, signal);
      return judgeEnded(seen, await lastWords(site, logPath, signal), inspection.probe);
    }
    output.busy(`test job ${jobId}: ${seen?.pending?.text ?? seen?.state ?? 'submitted'} (${waitedSeconds} s)`);
  }
}

async function lastWords(site: Site, path: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await site.host.runner.run(['tail', '-n', '5', '--', path], { signal });
  return stdout.trim().slice(-500);
}

/** Pure: undefined while waiting is all right. */
export function judgeWaiting(
  { pending, phase, jobId, reason }: JobObservation,
  { waitedSeconds, limitSeconds }: { waitedSeconds: number; limitSeconds: number },
): Finding | undefined {
  if (phase.kind !== 'pending') return undefined;
  if (pending?.kind === 'never-starts')
    return fail(`test job ${jobId} would wait for ever: ${pending.text}`, pending.advice || 'Ask for less.');
  if (waitedSeconds < limitSeconds) return undefined;
  return skipped(
    `the test job still waited after ${waitedSeconds} s (${pending?.text ?? reason ?? 'no reason given'}) and was cancelled; --wait gives it longer`,
  );
}

/** The job is over and its last line never came. */
function judgeEnded(seen: JobObservation, words: string, probe: ProbeReport): Finding {
  const how = `${seen.state || 'gone'}${seen.exitCode ? `, exit ${seen.exitCode.code}:${seen.exitCode.signal}` : ''}`;
  if (probe.lines.length > 0)
    return fail(
      `the test job ended in the middle (${how}): ${words || 'its log says nothing'}`,
      'Run it again; if it ends there each time, ask the site why jobs end after seconds.',
    );
  return fail(
    `the test job ended without a word (${how}): ${words || 'its log is empty or not there'}`,
    words
      ? 'Read what it said: the prologue, the Node (node:) or a directory of the configuration is not right on compute nodes.'
      : 'The directory of job files (paths.state) may not be shared with the compute nodes: choose one that is.',
  );
}

function judgeStarted(probe: ProbeReport, jobId: string): Finding {
  const started = lineOf(probe, 'started');
  return passed(`job ${jobId} ran on ${started?.host ?? 'a node without a name'}`);
}
