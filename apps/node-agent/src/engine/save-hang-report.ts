// Saves what can be seen of an engine that hangs, before it is ended: its processes and threads with the places where they wait, Python
// stacks, and its last lines. Where py-spy is missing, Python itself prints the stacks among these lines, and the processes end. Bounded in time and size: a hung node must not hold up the restart.

import { execFile } from 'node:child_process';
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, errorText, isOutOfReach, openTimeLimit, untilAborted } from '@fairlead/kit';
import { abortForStacks } from './abort-for-stacks.ts';

export interface HangReportOptions {
  /** Where the report goes: the run directory. */
  dir: string;
  /** Over several nodes: the rank of this one. */
  rank?: number | undefined;
  reason: string;
  pids: readonly number[];
  /** Oldest first; what Python prints comes among them. */
  lastLines: () => readonly string[];
  /** The engine's program and environment: py-spy may be beside the one, or on the PATH of the other. */
  program: string;
  path: string | undefined;
  clock: Clock;
}

const maxReports = 3;
const limitMs = 4_000;
const readMs = 50;
const maxProcesses = 32;
const maxThreads = 64;
const maxPartBytes = 64 * 1024;
const maxReportBytes = 1024 * 1024;
/** The stacks of some ten processes are among them. */
const maxLastLines = 600;
/** Of /proc/<pid>/status. */
const statusFields =
  /^(?:Name|State|PPid|Threads|VmRSS|SigCgt|voluntary_ctxt_switches|nonvoluntary_ctxt_switches):.*$/gm;

/** Resolves with the path of the 0600 report; older ones but two are removed. Rejects where it cannot be written. */
export async function saveHangReport(options: HangReportOptions): Promise<string> {
  const { dir, rank, reason, pids, lastLines, clock } = options;
  let hasStacks = false;
  using limit = openTimeLimit(clock, limitMs);
  const seen = pids.slice(0, maxProcesses);
  const parts = new Map(seen.map((pid) => [pid, 'cannot be seen in time']));
  const look = async (pid: number) => {
    parts.set(pid, await describeProcess(pid));
    const stacks = await pythonStacks(pid, options, limit.signal);
    if (stacks === undefined) return;
    hasStacks = true;
    parts.set(pid, `${parts.get(pid)}\n${stacks}`);
  };
  const lookAtAll = async () => {
    await Promise.all(seen.map(look));
    // One after another: what they print goes into one log.
    if (hasStacks) return;
    for (const pid of seen) await abortForStacks(pid, clock, limit.signal);
    // What they have printed is in a pipe that this process has yet to read.
    await clock.sleep(readMs, limit.signal);
  };
  await untilAborted(lookAtAll(), limit.signal).catch((error: unknown) => {
    if (!limit.signal.aborted) throw error;
  });
  const at = new Date(clock.now()).toISOString();
  const text = [
    `${at}: ${reason}`,
    ...seen.map((pid) => `== process ${pid}\n${parts.get(pid)!.slice(0, maxPartBytes)}`),
    `== last lines of its log\n${lastLines().slice(-maxLastLines).join('\n')}`,
  ].join('\n\n');
  const kind = rank === undefined ? 'engine-hang' : `engine-hang.${rank}`;
  const path = join(dir, `${kind}-${at.replaceAll(/[-:]|\.\d+/g, '')}.txt`);
  await writeFile(path, `${text.slice(0, maxReportBytes)}\n`, { mode: 0o600 });
  await removeOldReports(dir, kind);
  return path;
}

async function describeProcess(pid: number): Promise<string> {
  const status = await readProc(`${pid}/status`);
  const fields = status.match(statusFields)?.join('\n') ?? status;
  const stack = await readProc(`${pid}/stack`);
  const threads = await listThreads(pid);
  const described: string[] = [];
  for (const thread of threads.slice(0, maxThreads)) described.push(await describeThread(pid, thread));
  const more = threads.length > maxThreads ? [`  and ${threads.length - maxThreads} more`] : [];
  return [
    fields,
    `kernel stack: ${stack.trim()}`,
    'threads (id, name, state, where it waits):',
    ...described,
    ...more,
  ].join('\n');
}

async function describeThread(pid: number, thread: string): Promise<string> {
  const place = `${pid}/task/${thread}`;
  const stat = await readProc(`${place}/stat`);
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const state = stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '?';
  return `  ${thread} ${name} ${state} ${(await readProc(`${place}/wchan`)).trim()}`;
}

async function listThreads(pid: number): Promise<string[]> {
  try {
    return await readdir(`/proc/${pid}/task`);
  } catch (error) {
    if (isOutOfReach(error)) return [];
    throw error;
  }
}

/** The text of a file of /proc, or why it cannot be read: the kernel stack is for root alone on most systems. */
async function readProc(file: string): Promise<string> {
  try {
    return await readFile(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (isOutOfReach(error)) return `(${errorText(error)})`;
    throw error;
  }
}

/** Undefined where there is no py-spy. It reads the memory of the process and does not stop it. */
async function pythonStacks(
  pid: number,
  { program, path }: HangReportOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const beside = program.includes('/') ? program.slice(0, program.lastIndexOf('/')) : undefined;
  const env = { PATH: [beside, path].filter((part) => part !== undefined && part !== '').join(':') };
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const argv = ['dump', '--nonblocking', '--pid', String(pid)];
  execFile('py-spy', argv, { env, signal, maxBuffer: maxPartBytes }, (error, stdout, stderr) => {
    if (error?.code === 'ENOENT') resolve(undefined);
    else resolve(`Python stacks (py-spy):\n${stdout}${error ? stderr || errorText(error) : ''}`);
  });
  return promise;
}

async function removeOldReports(dir: string, kind: string): Promise<void> {
  const isReport = (name: string) => name.startsWith(`${kind}-`) && /^[\dTZ]+\.txt$/.test(name.slice(kind.length + 1));
  const reports = (await readdir(dir)).filter(isReport).toSorted();
  for (const name of reports.slice(0, -maxReports)) await unlink(join(dir, name));
}
