// Tells a process from a later one with the same id: its start time, on Linux within this boot.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** Undefined when there is no such process (a zombie is none). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startedLinux(pid) : await startedElsewhere(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.started === identity.started;
}

/** The fields of /proc/PID/stat from the third on (proc(5)); the second, the name, may hold anything. */
export async function readProcStat(pid: number): Promise<string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether reading or signalling failed because the process is gone, or another user's. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String(error.code))
  );
}

async function startedLinux(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([readProcStat(pid), readFile('/proc/sys/kernel/random/boot_id', 'utf8')]);
  if (!stat || stat[0] === 'Z' || stat[0] === 'X') return undefined;
  return `${boot.trim()}:${stat[19]}`;
}

async function startedElsewhere(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state = '', ...started] = stdout.trim().split(/\s+/);
    return started.length === 0 || state.startsWith('Z') ? undefined : started.join(' ');
  } catch (error) {
    // ps ends with 1 when it finds nothing.
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}
