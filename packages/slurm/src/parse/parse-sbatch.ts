// Reads what sbatch prints: the job id of `--parsable` among a plugin's chatter, and `--test-only`'s estimate.

import { parseSlurmTime } from './slurm-time.ts';

export interface SubmittedJob {
  jobId: string;
  cluster?: string;
}

/** From `--parsable` (`123` or `123;cluster`), or from a wrapper that drops the option; the last match counts. */
export function parseSbatch(stdout: string, stderr = ''): SubmittedJob | undefined {
  const lines = [...stderr.split('\n'), ...stdout.split('\n')].map((line) => line.trim());
  const parsable = lines.findLast((line) => /^\d+(;\S+)?$/.test(line));
  if (parsable !== undefined) {
    const [jobId = '', cluster] = parsable.split(';');
    return cluster === undefined ? { jobId } : { jobId, cluster };
  }
  for (const line of lines.toReversed()) {
    const match = /Submitted batch job (\d+)(?: on cluster (\S+))?/.exec(line);
    if (match?.[1] !== undefined) {
      return match[2] === undefined ? { jobId: match[1] } : { jobId: match[1], cluster: match[2] };
    }
  }
  return undefined;
}

export interface TestOnlyEstimate {
  /** Missing where Slurm printed a time that cannot be read. */
  estimatedStartMs?: number;
  processors?: number;
  nodes?: string;
  partition?: string;
  /** Slurm's own line. */
  text: string;
}

/** From stderr of `sbatch --test-only`; undefined when it holds no estimate (a refusal: see classifySubmitError). */
export function parseTestOnly(stderr: string, utcOffsetMinutes = 0): TestOnlyEstimate | undefined {
  const match =
    /Job \S+ to start at (\S+)(?: a)?(?: using (\d+) processors)?(?: on (?:nodes )?(\S+))?(?: in partition (\S+))?/.exec(
      stderr,
    );
  if (!match) return undefined;
  const estimatedStartMs = parseSlurmTime(match[1] ?? '', utcOffsetMinutes);
  return {
    ...(estimatedStartMs === undefined ? {} : { estimatedStartMs }),
    ...(match[2] === undefined ? {} : { processors: Number(match[2]) }),
    ...(match[3] === undefined ? {} : { nodes: match[3] }),
    ...(match[4] === undefined ? {} : { partition: match[4] }),
    text: match[0],
  };
}
