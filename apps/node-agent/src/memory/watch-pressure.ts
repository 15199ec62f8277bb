// Watches whether the memory that the job may have on this node is nearly full, before the kernel kills for it.

import { type Clock, detach, type Log, repeatEvery } from '@fairlead/kit';
import { type JobMemory, shareOf } from './read-job-memory.ts';

export interface PressureOptions {
  read: () => Promise<JobMemory | undefined>;
  clock: Clock;
  log: Log;
  /** On each change: the sentence, or undefined when there is room again. */
  onChange: (pressure: string | undefined) => void;
}

const everyMs = 5_000;
const pressedShare = 0.9;
/** Below the other, so that a job that stands at the limit is told once. */
const relievedShare = 0.8;

/** Ends with the signal. */
export function watchPressure({ read, onChange, clock, log }: PressureOptions, signal: AbortSignal): void {
  let pressure: string | undefined;
  const look = async () => {
    const next = judgePressure(pressure, await read());
    if (next === pressure) return;
    pressure = next;
    onChange(pressure);
  };
  detach(repeatEvery(everyMs, look, { op: 'memory.watch', clock, log, signal }));
}

/** Pure. The sentence of the moment at which it was pressed stays until it is relieved. */
export function judgePressure(before: string | undefined, memory: JobMemory | undefined): string | undefined {
  if (!memory) return before;
  if (shareOf(memory) >= pressedShare) return before ?? pressureWords(memory);
  return shareOf(memory) < relievedShare ? undefined : before;
}

/** The life event of a change. `where`: the node. */
export function pressureNote(where: string, pressure: string | undefined): { kind: string; message: string } {
  if (pressure === undefined) return { kind: 'node.relieved', message: `${where} has room in its memory again` };
  return { kind: 'node.pressed', message: `${where} is nearly out of memory: ${pressure}` };
}

const bytesPerGib = 2 ** 30;

function pressureWords({ heldBytes, limitBytes }: JobMemory): string {
  const gib = (bytes: number) => (bytes / bytesPerGib).toFixed(1);
  return `${gib(heldBytes)} of ${gib(limitBytes)} GiB of the job's memory are in use`;
}
