// Learns what a plan needs of a model that is no preset: from this machine's cache of such facts, the hub, or the cluster.

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errnoOf, writeWholeFile } from '@fairlead/kit';
import { decodeModelFacts, type DecodedFacts, type ModelFacts } from '@fairlead/planner';
import { decodeText, encodeText } from '@fairlead/protocol';
import { z } from 'zod';

import { type FilesFound, foundFiles, type HubAccess, isHubId, readHubFiles } from './hub-files.ts';

/** Facts of a model change when its author replaces it. */
const keptForMs = 7 * 24 * 3_600_000;

export interface LearnDeps extends HubAccess {
  /** Where programs and facts are kept on this machine. */
  cacheDir: string;
}

/** From the hub, or from an earlier answer of it; `reason` says why there are none. Throws the signal's reason alone. */
export async function learnFromHub(model: string, deps: LearnDeps): Promise<DecodedFacts> {
  if (!isHubId(model)) return { ok: false, reason: `${model} is no Hugging Face id` };
  const path = keptPath(model, deps);
  const kept = await readKept(path, deps.clock.now());
  if (kept) return decodeFound(model, kept);
  const found = await readHubFiles(model, deps);
  const decoded = decodeFound(model, found);
  if (found.ok && decoded.ok) await keep(path, { readMs: deps.clock.now(), files: slim(found.files) });
  return decoded;
}

/** From an earlier answer of the hub, without a look at it. */
export async function recallModel(
  model: string,
  deps: Pick<LearnDeps, 'cacheDir' | 'clock'>,
): Promise<ModelFacts | undefined> {
  const kept = isHubId(model) ? await readKept(keptPath(model, deps), deps.clock.now()) : undefined;
  const decoded = kept && decodeFound(model, kept);
  return decoded?.ok ? decoded.model : undefined;
}

function keptPath(model: string, { cacheDir }: Pick<LearnDeps, 'cacheDir'>): string {
  return join(cacheDir, 'models', `${model.replace('/', '--')}.json`);
}

export function decodeFound(model: string, found: FilesFound): DecodedFacts {
  return found.ok ? decodeModelFacts({ name: model, model, ...found.files }) : found;
}

const keptFacts = z.object({ readMs: z.number(), files: foundFiles });
type Kept = z.infer<typeof keptFacts>;

/** An index names each tensor; only its total counts. */
function slim(files: Kept['files']): Kept['files'] {
  const { index } = files;
  if (typeof index !== 'object' || index === null || !('metadata' in index)) return files;
  return { ...files, index: { metadata: index.metadata } };
}

async function readKept(path: string, nowMs: number): Promise<FilesFound | undefined> {
  try {
    // Where it is damaged, absent or unreadable, the hub is asked again.
    const kept = decodeText(keptFacts, await readFile(path, 'utf8'));
    if (!kept.ok) return undefined;
    const { readMs, files } = kept.value;
    return nowMs - readMs < keptForMs && readMs <= nowMs ? { ok: true, files } : undefined;
  } catch (error) {
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** A cache that cannot be written costs the next look a second, and no more. */
async function keep(path: string, kept: Kept): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeWholeFile(path, encodeText(keptFacts, kept));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
