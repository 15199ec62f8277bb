// Finds every process that belongs to an engine: its group, its descendants, and what carries its marker in the
// environment. On Linux from /proc; elsewhere from pidtree and the group alone (a child that leaves both is not found).

import { errnoOf, errorText, mapProcesses, type ProcessStat, readProcStat, readProcWords } from '@fairlead/kit';
import pidtree from 'pidtree';

export interface EngineIdentity {
  /** Pid and process group of the engine. */
  pid: number;
  /** `NAME=value` as it stands in the environment of all it starts. */
  marker: string;
  /** Processes seen before to be its descendants; a process keeps its place here when its parent dies. */
  known: ReadonlyMap<number, string>;
}

/** Pid, and what tells it from a later process of the same pid. */
export type Found = Map<number, string>;

/** Rejects when /proc cannot be read: EMFILE, for instance, while many requests are in flight. */
export async function findProcesses(identity: EngineIdentity): Promise<Found> {
  return process.platform === 'linux' ? findInProc(identity) : findElsewhere(identity);
}

/** Every process with this marker, also those that an earlier agent started. Linux only; empty elsewhere. */
export async function findMarked(marker: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const entries = await mapProcesses((stat) => withMark(stat, marker));
  return entries.filter(({ pid, isMarked }) => isMarked && pid !== process.pid).map(({ pid }) => pid);
}

interface Entry extends ProcessStat {
  isMarked: boolean;
}

async function withMark(stat: ProcessStat, marker: string): Promise<Entry> {
  return { ...stat, isMarked: (await readProcWords(stat.pid, 'environ')).includes(marker) };
}

async function findInProc({ pid, marker, known }: EngineIdentity): Promise<Found> {
  const self = await readProcStat(process.pid);
  // What this agent started began after it did: the environment of an older process, which takes most of the time, tells nothing.
  const isOlder = (stat: ProcessStat) => self !== undefined && stat.startTicks < self.startTicks;
  const entries = await mapProcesses((stat) =>
    isOlder(stat) ? Promise.resolve({ ...stat, isMarked: false }) : withMark(stat, marker),
  );
  const children = Map.groupBy(entries, ({ parent }) => parent);
  const found: Found = new Map();
  const take = (entry: Entry) => {
    if (found.has(entry.pid) || entry.pid === process.pid) return;
    found.set(entry.pid, String(entry.startTicks));
    for (const child of children.get(entry.pid) ?? []) take(child);
  };
  for (const entry of entries) {
    const isKnown = known.get(entry.pid) === String(entry.startTicks);
    if (entry.pid === pid || entry.group === pid || isKnown || entry.isMarked) take(entry);
  }
  return found;
}

async function findElsewhere({ pid, known }: EngineIdentity): Promise<Found> {
  const found: Found = new Map();
  const tree = await pidtree(pid, { root: true }).catch((error: unknown) => {
    // The root is gone; its orphans are known from before.
    if (errorText(error) !== 'No matching pid found') throw error;
    return [];
  });
  for (const one of [...tree, ...known.keys()]) if (isAlive(one)) found.set(one, '');
  if (isAlive(-pid)) found.set(pid, '');
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    if (errnoOf(error) === 'EPERM') return true;
    throw error;
  }
}
