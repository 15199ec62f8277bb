// Journals of other processes on one state directory: one that drains has put its own aside, and one that was killed has left it.

import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { UsageRecord } from '../usage/usage-record.ts';
import { openUsageJournal, usageJournalName } from './usage-journal.ts';

const asideName = (pid: number) => `usage.${pid}.journal`;

/** The journal of this process gets a name of its own; what has it open goes on with it. */
export function putJournalAside(stateDir: string, pid: number): void {
  renameSync(join(stateDir, usageJournalName), join(stateDir, asideName(pid)));
}

/** Of a process that ends. What is not in the database stays for the next one. */
export function removeAsideJournal(stateDir: string, pid: number): void {
  const path = join(stateDir, asideName(pid));
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path);
}

/** All that such journals hold; some of it may be in the database. `forget` removes those whose processes are gone. */
export function readLeftJournals(
  stateDir: string,
  isAlive: (pid: number) => boolean,
): { records: UsageRecord[]; forget: () => void } {
  const pids = readdirSync(stateDir).flatMap((name) => {
    const pid = /^usage\.(\d+)\.journal$/.exec(name)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
  // Asked first: what is written behind the reading is then of a process that lives.
  const dead = pids.filter((pid) => !isAlive(pid));
  const records = pids.flatMap((pid) => {
    using journal = openUsageJournal(stateDir, asideName(pid));
    return journal.read();
  });
  const forget = () => {
    for (const pid of dead) rmSync(join(stateDir, asideName(pid)), { force: true });
  };
  return { records, forget };
}
