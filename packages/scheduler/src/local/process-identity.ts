// Tells a process from a later one with the same id: its start time, on Linux within this boot.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readProcStat } from '@fairlead/kit';

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

async function startedLinux(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([readProcStat(pid), readFile('/proc/sys/kernel/random/boot_id', 'utf8')]);
  return stat && `${boot.trim()}:${stat.startTicks}`;
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
