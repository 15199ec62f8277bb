// What a job script asks of a local cluster: the #SBATCH lines that mean something on one machine. Pure.

import { constants } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { SubmitError } from '../slurm/classify/submit-error.ts';
import { parseDirectives } from '../script/directive-line.ts';
import { parseSlurmDuration } from '../script/duration.ts';
import { expandFilenamePattern } from '../script/filename-pattern.ts';
import type { JobSubmission } from '../scheduler.ts';
import type { LocalWarning } from './job-files.ts';

export interface LocalRequest {
  stdoutPattern: string;
  stderrPattern: string | null;
  openMode: 'append' | 'truncate';
  limitMs: number | null;
  warning: LocalWarning | null;
  gpus: number;
  /** The value of --export; empty where the script does not say. */
  exported: string;
}

export type ReadRequest = { ok: true; request: LocalRequest } | ({ ok: false } & SubmitError);

export function readRequest(script: string, job: JobSubmission): ReadRequest {
  if (!script.startsWith('#!')) {
    return refuse('script_invalid', 'the script does not begin with #!', 'Begin it with #!/bin/bash.');
  }
  const options = new Map(parseDirectives(script).map(({ name, value }) => [name, value]));
  const nodes = options.get('nodes') ?? '1';
  if (nodes !== '1' && nodes !== '1-1') {
    return refuse('node_config_unavailable', `a local cluster is one node: asked for ${nodes}`, 'Ask for one node.');
  }
  const time = options.get('time');
  const minutes = job.timeLimitMinutes ?? (time === undefined ? Number.POSITIVE_INFINITY : parseSlurmDuration(time));
  if (minutes === undefined || Number.isNaN(minutes) || minutes <= 0) {
    return refuse('time_limit_invalid', `Invalid --time specification: ${time}`, 'Write it as hh:mm:ss.');
  }
  const gpus = readGpus(options);
  if (gpus === undefined)
    return refuse('gres_invalid', 'Invalid generic resource (gres) specification', 'Write gpu:2.');
  const request: LocalRequest = {
    stdoutPattern: options.get('output') ?? 'slurm-%j.out',
    stderrPattern: options.get('error') ?? null,
    openMode: options.get('open-mode')?.startsWith('a') ? 'append' : 'truncate',
    limitMs: Number.isFinite(minutes) ? Math.round(minutes * 60_000) : null,
    warning: readWarning(options.get('signal') ?? ''),
    gpus,
    exported: options.get('export') ?? '',
  };
  return { ok: true, request };
}

export function logPath(pattern: string, workDir: string, facts: Parameters<typeof expandFilenamePattern>[1]): string {
  const path = expandFilenamePattern(pattern, facts);
  return isAbsolute(path) ? path : join(workDir, path);
}

/** Without `B:` Slurm signals job steps only, of which there are none here. */
function readWarning(text: string): LocalWarning | null {
  const match = /^(?:(R?B|BR|R):)?([A-Za-z0-9]+)(?:@(\d+))?$/.exec(text);
  if (!match?.[1]?.includes('B')) return null;
  const name = (match[2] ?? '').toUpperCase();
  const signal = Object.entries(constants.signals).find(
    ([known, number]) => known === name || known === `SIG${name}` || String(number) === name,
  )?.[0];
  if (signal === undefined) return null;
  return { signal: signal as NodeJS.Signals, aheadMs: Number(match[3] ?? 60) * 1000 };
}

function readGpus(options: ReadonlyMap<string, string>): number | undefined {
  let gpus = 0;
  for (const gres of (options.get('gres') ?? '').split(',').filter((part) => part !== '' && part !== 'none')) {
    const match = /^(?:gres[:/])?gpu(?::[^:\d][^:]*)?(?::(\d+))?$/.exec(gres);
    if (!match) return undefined;
    gpus += Number(match[1] ?? 1);
  }
  for (const name of ['gpus-per-node', 'gpus']) {
    const value = options.get(name);
    if (value === undefined) continue;
    const match = /^(?:[^:\d][^:]*:)?(\d+)$/.exec(value);
    if (!match) return undefined;
    gpus = Math.max(gpus, Number(match[1]));
  }
  return gpus;
}

function refuse(code: SubmitError['code'], message: string, hint: string): ReadRequest {
  return { ok: false, kind: 'never-retry', code, message, hint };
}
