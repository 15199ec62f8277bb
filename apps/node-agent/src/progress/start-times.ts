// How long each phase of a start took, remembered for the next start of the same model on nodes of the same kind. Pure but for the
// two functions at the end, which read and write the file.

import { readFile } from 'node:fs/promises';
import { errnoOf, writeWholeFile } from '@fairlead/kit';
import { encodeText, type StartPhase, type StartTime, type StartTimes, startTimes } from '@fairlead/protocol';

export interface StartKind {
  model: string;
  engine: string;
  gpus: readonly string[];
  partition: string | undefined;
}

const maxStarts = 100;

export function startKeyOf({ model, engine, gpus, partition = '' }: StartKind): string {
  return [model, engine, `${gpus.length} GPUs`, partition].join(' | ');
}

/** Keeps the newest. */
export function withStart(times: StartTimes, key: string, time: StartTime): StartTimes {
  const starts = Object.entries({ ...times.starts, [key]: time });
  const newest = starts.toSorted(([, one], [, other]) => other.atMs - one.atMs).slice(0, maxStarts);
  return { version: 1, starts: Object.fromEntries(newest) };
}

/** Measures one start on a clock that does not jump. */
export class StartWatch {
  #phase: StartPhase | undefined;
  #sinceMs = 0;
  #beganMs = 0;
  #phases: StartTime['phases'] = {};

  /** Also the phase that it is in already. */
  enter(phase: StartPhase, nowMs: number): void {
    if (phase === this.#phase) return;
    if (this.#phase === undefined) this.#beganMs = nowMs;
    else this.#close(nowMs);
    this.#phase = phase;
    this.#sinceMs = nowMs;
  }

  /** The start has failed: what follows is another one. */
  forget(): void {
    this.#phase = undefined;
    this.#phases = {};
  }

  /** Undefined where no start is under way. */
  finish(nowMs: number): Omit<StartTime, 'atMs'> | undefined {
    if (this.#phase === undefined) return undefined;
    this.#close(nowMs);
    const time = { totalMs: Math.round(nowMs - this.#beganMs), phases: this.#phases };
    this.forget();
    return time;
  }

  #close(nowMs: number): void {
    if (this.#phase !== undefined)
      this.#phases[this.#phase] = (this.#phases[this.#phase] ?? 0) + Math.round(nowMs - this.#sinceMs);
  }
}

/** Empty where the file is missing or not of this form: an estimate is lost, no more. */
export async function readStartTimes(file: string): Promise<StartTimes> {
  const empty: StartTimes = { version: 1, starts: {} };
  try {
    return startTimes.catch(empty).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return empty;
    throw error;
  }
}

/** Two jobs that end their starts at the same moment may lose one of the two times, never the file. */
export async function rememberStart(file: string, key: string, time: StartTime): Promise<void> {
  const times = withStart(await readStartTimes(file), key, time);
  await writeWholeFile(file, `${encodeText(startTimes, times)}\n`);
}
