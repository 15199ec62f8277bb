// Gives the GPUs of this machine to jobs, one job a GPU: a claim is a file named after machine and GPU that holds the job's id,
// made by link(2), which only one process can win. What an ended job still claims is taken over.

import { link, mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { schedulerError } from '../scheduler-error.ts';

/** Machines that share a state directory have GPUs of their own. */
export interface ClaimPlace {
  stateDir: string;
  /** The name of the machine. */
  host: string;
}

export interface GpuClaims extends ClaimPlace {
  /** All GPUs of this machine, by index. */
  gpus: readonly string[];
  isLive: (jobId: string) => Promise<boolean>;
}

/** The GPUs that are `jobId`'s now; all or none. */
export async function claimGpus(claims: GpuClaims, jobId: string, wanted: number): Promise<string[]> {
  const dir = claimsDir(claims);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `draft-${jobId}`);
  await writeFile(draft, jobId, { mode: 0o600 });
  const mine: string[] = [];
  try {
    for (const gpu of claims.gpus) {
      if (mine.length === wanted) break;
      if (await claimOne(claims, draft, join(dir, `gpu-${gpu}`))) mine.push(gpu);
    }
  } finally {
    await rm(draft);
  }
  if (mine.length === wanted) return mine;
  const free = mine.length;
  await releaseGpus(claims, jobId, mine);
  throw schedulerError(
    'gpus_busy',
    `cannot start the job because ${wanted} GPUs are asked for and ${free} of ${claims.gpus.length} are free`,
    { hint: 'Stop a job that uses them (fairlead list), or ask for fewer.', retryable: true },
  );
}

/** Gives back what the job still holds. */
export async function releaseGpus(place: ClaimPlace, jobId: string, gpus: readonly string[]): Promise<void> {
  for (const gpu of gpus) {
    const path = join(claimsDir(place), `gpu-${gpu}`);
    if ((await holderOf(path)) === jobId) await rm(path, { force: true });
  }
}

function claimsDir({ stateDir, host }: ClaimPlace): string {
  return join(stateDir, 'gpus', encodeURIComponent(host));
}

/** The indices of NVIDIA's device files on Linux; none elsewhere. */
export async function listNvidiaGpus(): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const indices = (await readdir('/dev')).flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? []);
  return indices.sort((a, b) => Number(a) - Number(b));
}

async function claimOne(claims: GpuClaims, draft: string, path: string): Promise<boolean> {
  if (await linked(draft, path)) return true;
  const holder = await holderOf(path);
  if (holder !== undefined && (await claims.isLive(holder))) return false;
  // One at a time takes over: a claim that was made meanwhile must not be taken for the stale one.
  const turn = `${path}.takeover`;
  if (!(await took(turn))) return false;
  try {
    if ((await holderOf(path)) !== holder) return false;
    await rm(path, { force: true });
    return await linked(draft, path);
  } finally {
    await rmdir(turn);
  }
}

/** A turn that was left behind by a process that died ends after this long. */
const turnTimeoutMs = 30_000;

/** mkdir(2), which only one process can win. */
async function took(turn: string): Promise<boolean> {
  try {
    await mkdir(turn, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  try {
    if (Date.now() - (await stat(turn)).mtimeMs > turnTimeoutMs) await rm(turn, { recursive: true, force: true });
  } catch (error) {
    // It has just ended: the next one who wants the GPU has it.
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return false;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
