// Finds every process of a local job, also those that left its process group, and signals them.
//
// Linux: the job's group and session, whatever carries its mark in /proc/PID/environ, and the descendants of all these.
// A process that clears its environment, starts a session and outlives its parent escapes; under Slurm the cgroup has it.
// macOS and others: the group and the living descendants only; a daemon that has left both escapes.

import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { mapProcesses, readProcWords, signalProcess } from '@fairlead/kit';

export interface ProcessRow {
  pid: number;
  ppid: number;
  pgid: number;
  /** 0 where the system does not tell. */
  sid: number;
  /** Carries the job's mark. */
  marked: boolean;
  /** Watches over a job of its own: one that a job has submitted is no part of it. */
  runner: boolean;
}

export interface JobProcesses {
  /** `NAME=value` in the environment. */
  mark: string;
  /** The script's process, leader of the job's group and session; undefined when it may be another's by now. */
  leader: number | undefined;
}

/** The word in a runner's command line that tells it from the job's own processes. */
export const runnerWord = 'fairlead-local-runner';

export function pickJobProcesses(rows: readonly ProcessRow[], leader: number | undefined, self: number): number[] {
  const children = Map.groupBy(rows, (row) => row.ppid);
  const inGroup = (row: ProcessRow) => leader !== undefined && (row.pgid === leader || row.sid === leader);
  const found = new Set<number>();
  const queue = rows.filter((row) => row.marked || inGroup(row));
  for (let row = queue.pop(); row; row = queue.pop()) {
    if (found.has(row.pid) || row.runner || row.pid === self) continue;
    found.add(row.pid);
    queue.push(...(children.get(row.pid) ?? []));
  }
  return [...found];
}

/** Sends the signals to all processes of the job; resolves with how many there were. */
export async function signalJob(job: JobProcesses, ...signals: NodeJS.Signals[]): Promise<number> {
  const pids = pickJobProcesses(await listProcesses(job.mark), job.leader, process.pid);
  for (const pid of pids) for (const signal of signals) signalProcess(pid, signal);
  return pids.length;
}

/** Kills until nothing is left, for a process may fork while it is looked at. False when something stays after 10 s. */
export async function clearJob(job: JobProcesses): Promise<boolean> {
  for (let round = 0; round < 200; round += 1) {
    if ((await signalJob(job, 'SIGKILL')) === 0) return true;
    await delay(round < 10 ? 5 : 50);
  }
  return false;
}

export async function listProcesses(mark: string): Promise<ProcessRow[]> {
  return process.platform === 'linux' ? listLinux(mark) : listWithPs();
}

function listLinux(mark: string): Promise<ProcessRow[]> {
  return mapProcesses(async ({ pid, parent, group, session }) => ({
    pid,
    ppid: parent,
    pgid: group,
    sid: session,
    marked: (await readProcWords(pid, 'environ')).includes(mark),
    runner: (await readProcWords(pid, 'cmdline')).includes(runnerWord),
  }));
}

async function listWithPs(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,command='], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!match || match[4]?.startsWith('Z')) return [];
    const [pid, ppid, pgid] = [Number(match[1]), Number(match[2]), Number(match[3])];
    return [{ pid, ppid, pgid, sid: 0, marked: false, runner: match[5]?.includes(` ${runnerWord} `) === true }];
  });
}
