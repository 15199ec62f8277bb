// Linux's /proc: which processes run on this machine, and what tells each from a later one of the same pid. Elsewhere there
// is no /proc, and everything here rejects or is empty.

import { closeSync, open, openSync, read, readdirSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errnoOf } from './coded-error.ts';
import { mapLimited } from './map-limited.ts';

/** Fields of proc_pid_stat(5). */
export interface ProcessStat {
  pid: number;
  /** One letter: `R`, `S`, `Z`, … */
  state: string;
  parent: number;
  group: number;
  session: number;
  /** It runs no program: it has neither arguments nor an environment. */
  isKernelThread: boolean;
  userTicks: number;
  systemTicks: number;
  /** After boot. With the pid it names a process for good. */
  startTicks: number;
  residentPages: number;
}

/** A machine has thousands of processes, and a job's limit of open files may be lower than that. */
const maxReads = 32;
/** A thousand takes some 8 ms, for which nothing else would run. */
const statsPerTurn = 64;
/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const kernelThread = 0x0020_0000;

/** Undefined for a zombie: it runs no more. */
export function parseProcStat(pid: number, text: string): ProcessStat | undefined {
  // The second field, the name, may hold anything: what counts begins behind its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  if (state === 'Z' || state === 'X') return undefined;
  /** By the numbers of the man page. */
  const at = (place: number) => Number(fields[place - 3]);
  return {
    pid,
    state,
    parent: at(4),
    group: at(5),
    session: at(6),
    isKernelThread: (at(9) & kernelThread) !== 0,
    userTicks: at(14),
    systemTicks: at(15),
    startTicks: at(22),
    residentPages: at(24),
  };
}

/** Undefined where there is no such process, or only a zombie. Rejects as reading a file does. */
export async function readProcStat(pid: number): Promise<ProcessStat | undefined> {
  return statOf(pid);
}

/** The arguments, or the environment as `NAME=value`. Empty for a process that is gone or another user's. */
export async function readProcWords(pid: number, file: 'cmdline' | 'environ'): Promise<string[]> {
  const text = await readOf(pid, file);
  return text === undefined || text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * Looks at every process that runs a program, not at the kernel's threads: a large machine has more of these. A process that
 * ends meanwhile is left out, or its files are empty. A few files are open at a time: one where the limit does not allow more.
 * `look` may be called twice for a process.
 */
export async function mapProcesses<T>(look: (stat: ProcessStat) => Promise<T>): Promise<T[]> {
  const pids = listPids();
  let stats = 0;
  const visit = async (pid: number) => {
    stats += 1;
    if (stats % statsPerTurn === 0) await setImmediate();
    const stat = statOf(pid);
    return stat && !stat.isKernelThread ? { seen: await look(stat) } : undefined;
  };
  const found = await mapLimited(pids, maxReads, visit).catch((error: unknown) => {
    if (errnoOf(error) !== 'EMFILE' && errnoOf(error) !== 'ENFILE') throw error;
    return mapLimited(pids, 1, visit);
  });
  return found.flatMap((one) => (one ? [one.seen] : []));
}

/** Whether reading of a process, or signalling it, failed because it is gone or another user's. */
export function isOutOfReach(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '');
}

/** Not read by the thread pool: the kernel has these numbers without waiting, and a read takes a tenth of the time this way. */
function statOf(pid: number): ProcessStat | undefined {
  const text = unlessOutOfReach(() => {
    const file = openSync(`/proc/${pid}/stat`, 'r');
    try {
      const buffer = Buffer.allocUnsafe(firstBytes);
      return buffer.toString('utf8', 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  });
  return text === undefined ? undefined : parseProcStat(pid, text);
}

function unlessOutOfReach<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

/** By the thread pool: a process that the kernel holds in a page fault makes a reader of its memory wait. */
async function readOf(pid: number, file: string): Promise<string | undefined> {
  try {
    return await readSmall(`/proc/${pid}/${file}`);
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

const firstBytes = 4096;
const maxBytes = 64 * 1024;

const openFile = promisify(open);
const readFile = promisify(read);

/**
 * `readFile` of node:fs takes 64 KiB for each file of unknown size: megabytes for one look at a machine with hundreds of processes.
 * A FileHandle takes twice the processor time of a descriptor; closing one of /proc does not wait.
 */
async function readSmall(path: string): Promise<string> {
  const file = await openFile(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let size = firstBytes; ; size = Math.min(2 * size, maxBytes)) {
      const { bytesRead, buffer } = await readFile(file, Buffer.allocUnsafe(size), 0, size, null);
      parts.push(buffer.subarray(0, bytesRead));
      // The kernel fills the buffer unless the file ends.
      if (bytesRead < size) return Buffer.concat(parts).toString('utf8');
    }
  } finally {
    closeSync(file);
  }
}
