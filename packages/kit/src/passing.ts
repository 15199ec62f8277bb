// Tells passing conditions (a full table, a file server that is away) from lasting failures, and repeats work that met one.

import { constants } from 'node:os';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { errnoOf } from './coded-error.ts';

/**
 * `passing`: a full table, a file system or a server that is away for a moment. `doubtful`: mostly lasts, but also seen
 * for a moment: an expired Kerberos ticket, a file server that starts (EACCES, EPERM). `lasting`: everything else.
 */
export type Duration = 'passing' | 'doubtful' | 'lasting';

const passing: ReadonlySet<string> = new Set(
  'EAGAIN EMFILE ENFILE ENOMEM ENOBUFS EINTR EBUSY ETXTBSY EIO ESTALE ETIMEDOUT EHOSTDOWN EREMOTEIO'.split(' '),
);
const doubtful: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** Judges by the errno of the error or of what caused it. */
export function durationOf(error: unknown): Duration {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const errno = systemErrno(cause);
    if (errno !== undefined && passing.has(errno)) return 'passing';
    if (errno !== undefined && doubtful.has(errno)) return 'doubtful';
  }
  return 'lasting';
}

export interface RetryOptions {
  clock: Clock;
  random: () => number;
  signal?: AbortSignal;
  /** How long passing conditions are tried again. */
  limitMs: number;
  /** How long doubtful ones are. Default: not at all. */
  doubtfulLimitMs?: number;
  /** Told of each failure that is tried again; `tries` counts from 1. */
  onRetry?: (error: unknown, tries: number) => void;
}

const retryBackoff = { baseMs: 100, maxMs: 5_000, minMs: 20 };

/** Settles as `work` does, but repeats it with back-off while it meets a passing condition. An abort ends the wait. */
export async function retryPassing<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, random, signal, limitMs, doubtfulLimitMs = 0, onRetry } = options;
  const startedMs = clock.monotonicMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const limits = { passing: limitMs, doubtful: doubtfulLimitMs, lasting: 0 };
      const waitMs = backoffMs(retryBackoff, tries - 1, random());
      const late = clock.monotonicMs() + waitMs - startedMs >= limits[durationOf(error)];
      if (late || signal?.aborted) throw error;
      onRetry?.(error, tries);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Node has no name for some of Linux's (`Unknown system error -116` is ESTALE). */
function systemErrno(error: Error): string | undefined {
  const code = errnoOf(error);
  if (code === undefined || /^[A-Z0-9]+$/.test(code)) return code;
  const errno = 'errno' in error ? error.errno : undefined;
  if (typeof errno !== 'number') return code;
  return Object.entries(constants.errno).find(([, value]) => value === -errno)?.[0];
}
