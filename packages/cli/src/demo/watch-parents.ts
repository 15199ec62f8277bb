// Notices the end of the programs that started this one (npx, pnpm, a shell). Without them no Ctrl-C would end it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { type Clock, untilOver } from '@fairlead/kit';

const run = promisify(execFile);
const pollIntervalMs = 500;

/** `pid → { ppid, pgid }` of every process. */
type Table = Map<number, { ppid: number; pgid: number }>;

export interface Launcher {
  pid: number;
  ppid: number;
}

export async function findLaunchers(pid: number): Promise<Launcher[]> {
  return launchersOf(pid, (await readTable()) ?? new Map());
}

/** Runs until the signal fires; calls `onEnd` once when one of the launchers is gone. */
export async function watchParents(options: {
  launchers: readonly Launcher[];
  clock: Clock;
  signal: AbortSignal;
  onEnd: () => void;
}): Promise<void> {
  while (!options.signal.aborted) {
    await untilOver(options.clock.sleep(pollIntervalMs, options.signal), options.signal);
    const table = await readTable();
    const isBroken = table && options.launchers.some(({ pid, ppid }) => table.get(pid)?.ppid !== ppid);
    if (!options.signal.aborted && isBroken) return options.onEnd();
  }
}

/** This process and its ancestors within its process group: those whose end ends the command that was typed. Pure. */
export function launchersOf(pid: number, table: Table): Launcher[] {
  const own = table.get(pid);
  const chain: Launcher[] = [];
  for (let at = pid; ;) {
    const entry = table.get(at);
    if (!entry || !own || entry.pgid !== own.pgid || entry.ppid <= 1) return chain;
    chain.push({ pid: at, ppid: entry.ppid });
    at = entry.ppid;
  }
}

/** Undefined when the listing was ended by a signal: a Ctrl-C at a terminal is for every process of the group. */
async function readTable(): Promise<Table | undefined> {
  try {
    const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,pgid='], { maxBuffer: 16 * 1024 * 1024 });
    return parseTable(stdout);
  } catch (error) {
    if ((error as { signal?: string }).signal) return undefined;
    throw error;
  }
}

function parseTable(text: string): Table {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return new Map(
    rows.flatMap(([pid, ppid, pgid]) =>
      pid && ppid !== undefined && pgid !== undefined ? [[pid, { ppid, pgid }] as const] : [],
    ),
  );
}
