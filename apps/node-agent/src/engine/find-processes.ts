// Finds every process that belongs to an engine: its group, its descendants, and what carries its marker in the
// environment. On Linux from /proc; elsewhere from pidtree and the group alone (a child that leaves both is not found).

import { readdir, readFile } from 'node:fs/promises';
import { errnoOf, mapLimited } from '@fairlead/kit';
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

interface ProcEntry {
  pid: number;
  parent: number;
  group: number;
  startTime: string;
  dead: boolean;
}

/** A node has thousands of processes, and a job's limit of open files may be lower than that. */
const READS_AT_ONCE = 32;
/** Where requests in flight have used up nearly all of them. */
const FEW_READS_AT_ONCE = 1;

/** Rejects when /proc cannot be read: EMFILE, for instance, while many requests are in flight. */
export async function findProcesses(identity: EngineIdentity): Promise<Found> {
  return process.platform === 'linux' ? findInProc(identity) : findElsewhere(identity);
}

/** Every process with this marker, whoever started it. Linux only; empty elsewhere. */
export async function findMarked(marker: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const entries = await readProc();
  const marked = await findMarks(entries, marker);
  return entries.filter((entry, index) => marked[index] && entry.pid !== process.pid).map((entry) => entry.pid);
}

async function findInProc({ pid, marker, known }: EngineIdentity): Promise<Found> {
  const entries = await readProc();
  const marked = await findMarks(entries, marker);
  const children = Map.groupBy(entries, (entry) => entry.parent);
  const found: Found = new Map();
  const take = (entry: ProcEntry) => {
    if (found.has(entry.pid) || entry.pid === process.pid) return;
    found.set(entry.pid, entry.startTime);
    for (const child of children.get(entry.pid) ?? []) take(child);
  };
  for (const [index, entry] of entries.entries()) {
    const ours = entry.pid === pid || entry.group === pid || known.get(entry.pid) === entry.startTime;
    if (ours || marked[index]) take(entry);
  }
  return found;
}

async function readProc(): Promise<ProcEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await readEach(pids, readStat);
  return entries.filter((entry) => entry !== undefined && !entry.dead).filter((entry) => entry !== undefined);
}

async function readEach<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  try {
    return await mapLimited(items, READS_AT_ONCE, read);
  } catch (error) {
    if (errnoOf(error) !== 'EMFILE' && errnoOf(error) !== 'ENFILE') throw error;
    return mapLimited(items, FEW_READS_AT_ONCE, read);
  }
}

/** proc_pid_stat(5): the name may hold spaces and parentheses, so fields count from the last `)`. */
async function readStat(pid: number): Promise<ProcEntry | undefined> {
  const text = await readOwn(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    startTime: fields[19] ?? '',
    dead: state === 'Z' || state === 'X',
  };
}

function findMarks(entries: readonly ProcEntry[], marker: string): Promise<boolean[]> {
  return readEach(entries, ({ pid }) => isMarked(pid, marker));
}

async function isMarked(pid: number, marker: string): Promise<boolean> {
  const environ = await readOwn(`/proc/${pid}/environ`);
  return environ !== undefined && `\0${environ}\0`.includes(`\0${marker}\0`);
}

/** Undefined for a process that has gone meanwhile, or is somebody else's. */
async function readOwn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function findElsewhere({ pid, known }: EngineIdentity): Promise<Found> {
  const found: Found = new Map();
  // pidtree rejects when the root is gone; its orphans are then known from before.
  const tree = await pidtree(pid, { root: true }).catch(() => []);
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
