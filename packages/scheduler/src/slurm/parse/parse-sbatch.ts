// Reads what sbatch prints: the job's id among a site's banners and accounts, and `--test-only`'s estimate.

import { defined } from '@fairlead/kit';
import { parseSlurmTime } from './slurm-time.ts';

export interface SubmittedJob {
  jobId: string;
  cluster?: string;
  /** Other text stands around the number, which may be anything: confirm it by the job's name before trusting it. */
  isInDoubt?: true;
}

/**
 * Slurm's own sentence wins, wherever it stands; then `N;cluster`, which nothing but `--parsable` prints; then a line
 * that is one number. A number is certain only where it is all that sbatch printed on stdout: sites print balances and
 * job counts around it. Undefined where none of these stands.
 */
export function parseSbatch(stdout: string, stderr = ''): SubmittedJob | undefined {
  const [out, errors] = [linesOf(stdout), linesOf(stderr)];
  const all = [...out, ...errors];
  const sentence = all.flatMap((line) => submittedIn(line) ?? [])[0];
  if (sentence) return sentence;
  const withCluster = all.filter((line) => /^\d+;\S+$/.test(line));
  const numbers = all.filter((line) => /^\d+$/.test(line));
  const [first] = [...withCluster, ...numbers];
  if (first === undefined) return undefined;
  const [jobId = '', cluster] = first.split(';');
  const job: SubmittedJob = cluster === undefined ? { jobId } : { jobId, cluster };
  const isCertain = withCluster.length === 1 || (numbers.length === 1 && out.length === 1 && out[0] === first);
  return isCertain ? job : { ...job, isInDoubt: true };
}

function submittedIn(line: string): SubmittedJob | undefined {
  const match = /\bSubmitted batch job (\d+)(?: on cluster (\S+))?/.exec(line);
  if (match?.[1] === undefined) return undefined;
  return match[2] === undefined ? { jobId: match[1] } : { jobId: match[1], cluster: match[2] };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
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
    ...defined({ estimatedStartMs }),
    ...(match[2] === undefined ? {} : { processors: Number(match[2]) }),
    ...defined({ nodes: match[3], partition: match[4] }),
    text: match[0],
  };
}
