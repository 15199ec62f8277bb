// The last lines of a log file and, when followed, what is written to it from then on, across rotations.
// It polls: fs.watch is not told of other nodes' writes on a network file system.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { anySignal, type Clock, errnoOf, errorText } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import { LineSplitter } from './line-splitter.ts';
import { readAt, startOfLastLines } from './read-last-lines.ts';

export interface FollowLogOptions {
  path: string;
  /** How many of the lines that are there already. */
  lines: number;
  follow: boolean;
  /** Ends the following once everything that is there was read. */
  finish?: AbortSignal;
  clock: Clock;
  signal: AbortSignal;
}

const pollIntervalMs = 250;
/** All of the file that is held at once, also while its reader waits. */
const readBytes = 64 * 1024;
const lookBackBytes = 256 * 1024;

/** Leaving the loop closes the file. Ends when everything was read, or, followed, when one of the signals fires. */
export async function* followLog(options: FollowLogOptions): AsyncGenerator<string[]> {
  const { path, signal } = options;
  let file = await openFirst(options);
  try {
    const { size } = await file.stat();
    // A line that is still being written counts when it is whole.
    const end = options.follow ? await endOfLastLine(file, size) : size;
    let offset = await startOfLastLines(file, end, options.lines);
    let splitter = new LineSplitter();
    while (!signal.aborted) {
      const block = await readAt(file, offset, options.follow ? readBytes : Math.min(readBytes, end - offset));
      offset += block.length;
      if (block.length > 0) {
        const lines = splitter.write(block);
        if (lines.length > 0) yield lines;
        continue;
      }
      if (!options.follow) return yield* splitter.rest();
      const next = await openNext(file, path, offset);
      if (next) {
        await file.close();
        file = next;
        offset = 0;
        splitter = new LineSplitter();
        continue;
      }
      if (options.finish?.aborted) return;
      await sleepUnlessFinishing(options);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await file.close();
  }
}

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const from = Math.max(0, size - lookBackBytes);
  const end = (await readAt(file, from, size - from)).lastIndexOf('\n');
  return end < 0 ? from : from + end + 1;
}

async function openFirst(options: FollowLogOptions): Promise<FileHandle> {
  const { path, follow, finish } = options;
  for (;;) {
    try {
      return await open(path, 'r');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || !follow || finish?.aborted) {
        throw agentError('log_unreadable', `cannot read ${path}: ${errorText(error)}`, {
          retryable: true,
          cause: error,
        });
      }
    }
    await sleepUnlessFinishing(options);
  }
}

async function sleepUnlessFinishing({ clock, signal, finish }: FollowLogOptions): Promise<void> {
  try {
    await clock.sleep(pollIntervalMs, anySignal(signal, finish));
  } catch (error) {
    if (!finish?.aborted) throw error;
  }
}

/** The file that now has the name, when it is another one or was cut short. */
async function openNext(file: FileHandle, path: string, offset: number): Promise<FileHandle | undefined> {
  try {
    const [mine, named] = await Promise.all([file.stat(), stat(path)]);
    if (named.ino === mine.ino && named.dev === mine.dev && named.size >= offset) return undefined;
    return await open(path, 'r');
  } catch (error) {
    // Between a rotation's rename and its new file.
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
