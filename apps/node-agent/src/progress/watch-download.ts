// Tells how much of a model's weights is on disk while an engine downloads them: vLLM prints nothing of that.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhaseSeen, WeightsPlace } from '@fairlead/engines';
import { anySignal, type Clock, isOutOfReach, type Log, repeatTurns } from '@fairlead/kit';

export interface DownloadWatch {
  place: WeightsPlace;
  /** Called while bytes arrive. */
  onSeen: (seen: PhaseSeen) => void;
  /** Asked before each look. */
  isOver: () => boolean;
  clock: Clock;
  log: Log;
  /** Ends the watch. */
  signal: AbortSignal;
}

interface Download {
  haveBytes: number;
  wantBytes: number | undefined;
}

const pollIntervalMs = 3_000;
/** A model has about a hundred files. */
const maxFiles = 2_000;
const maxIndexBytes = 32 * 1024 * 1024;

/** Resolves when `isOver` says so, or the signal fires. Never rejects. */
export function watchDownload({ place, onSeen, isOver, clock, log, signal }: DownloadWatch): Promise<void> {
  let before: number | undefined;
  const over = new AbortController();
  const look = async () => {
    if (isOver()) over.abort();
    const seen = await readDownload(place);
    if (before !== undefined && seen.haveBytes > before) onSeen(describeDownload(seen));
    before = seen.haveBytes;
    return pollIntervalMs;
  };
  return repeatTurns(look, { op: 'download.watch', clock, log, signal: anySignal(signal, over.signal) });
}

export function describeDownload({ haveBytes, wantBytes }: Download): PhaseSeen {
  const have = (haveBytes / 1e9).toFixed(1);
  if (wantBytes === undefined || wantBytes <= 0) return { phase: 'downloading', detail: `${have} GB` };
  const percent = Math.min(100, Math.floor((100 * haveBytes) / wantBytes));
  return { phase: 'downloading', percent, detail: `${have} of ${(wantBytes / 1e9).toFixed(1)} GB` };
}

/** Zero bytes where nothing is there yet. */
export async function readDownload({ blobs, snapshots }: WeightsPlace): Promise<Download> {
  const files = (await namesIn(blobs)).slice(0, maxFiles);
  let haveBytes = 0;
  for (const file of files) haveBytes += await sizeOf(join(blobs, file));
  return { haveBytes, wantBytes: await readWanted(snapshots) };
}

/** The size of all weights as the model's own index states it; a model in one file has none. */
async function readWanted(snapshots: string): Promise<number | undefined> {
  for (const snapshot of await namesIn(snapshots)) {
    const index = join(snapshots, snapshot, 'model.safetensors.index.json');
    if ((await sizeOf(index)) > maxIndexBytes) return undefined;
    const total = totalSizeIn(await readFile(index, 'utf8').catch(withoutAccess('')));
    if (total !== undefined) return total;
  }
  return undefined;
}

function totalSizeIn(index: string): number | undefined {
  // Its first lines; the rest names the file of each tensor.
  const size = Number(/"total_size"\s*:\s*(\d{1,16})\b/.exec(index)?.[1]);
  return Number.isFinite(size) ? size : undefined;
}

function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch(withoutAccess<string[]>([]));
}

/** What is on disk of it: a file may be made in its whole size first. */
async function sizeOf(file: string): Promise<number> {
  const seen = await stat(file).catch(withoutAccess(undefined));
  return seen ? Math.min(seen.size, seen.blocks * 512) : 0;
}

function withoutAccess<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isOutOfReach(error)) return otherwise;
    throw error;
  };
}
