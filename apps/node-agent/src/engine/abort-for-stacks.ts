// Has the Python of a hung process print the stacks of its threads: faulthandler, which the engine is started with, does so at SIGABRT.
// That ends the process, so it is only for one that is about to be ended. docs/decisions/2026-11-30-stacks-of-a-hung-engine.md

import { readFile, writeFile } from 'node:fs/promises';
import { type Clock, isOutOfReach, readProcStat, signalProcess } from '@fairlead/kit';

const printLimitMs = 300;
const pollIntervalMs = 20;
const abortBit = 1n << 5n;

/** Resolves when the process has ended, or 300 ms later: one that stands still in a driver takes no signal. Rejects with the signal's reason. */
export async function abortForStacks(pid: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!(await catchesAbort(pid)) || !(await dumpsNoMemory(pid))) return;
  signalProcess(pid, 'SIGABRT');
  // One that is stopped takes it as soon as it goes on.
  signalProcess(pid, 'SIGCONT');
  const untilMs = clock.monotonicMs() + printLimitMs;
  while (clock.monotonicMs() < untilMs && (await readProcStat(pid)) !== undefined)
    await clock.sleep(pollIntervalMs, signal);
}

/** A process without such a handler would end without a word. */
async function catchesAbort(pid: number): Promise<boolean> {
  const status = await orNothing(readFile(`/proc/${pid}/status`, 'utf8'));
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status ?? '')?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & abortBit) !== 0n;
}

/** The core of a process that holds a model would be as large as the model (core(5)). */
async function dumpsNoMemory(pid: number): Promise<boolean> {
  return (await orNothing(writeFile(`/proc/${pid}/coredump_filter`, '0').then(() => true))) ?? false;
}

async function orNothing<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}
