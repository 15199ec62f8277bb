// audit.jsonl: one line per life event, 0600. Lines are written in order; a failing disk ends nothing.

import { appendFile } from 'node:fs/promises';
import { type Clock, defined, detach, errorText, type Log, retryPassing, systemClock } from '@fairlead/kit';
import { type AuditLine, auditLine, encodeText } from '@fairlead/protocol';

export interface Audit extends AsyncDisposable {
  append: (line: AuditLine) => void;
}

/** Lines that wait for a file system that fails; the oldest go first. */
const waitingLimit = 1_000;
const retryTimeoutMs = 30_000;
/** At the end of the agent. */
const lastRetryTimeoutMs = 1_000;

/** Disposing writes what waits, as far as the file system takes it. */
export function openAudit(path: string, log: Log, clock: Clock = systemClock): Audit {
  let waiting: string[] = [];
  let failing = false;
  let busy: Promise<void> | undefined;
  const closing = new AbortController();

  const write = async (limitMs: number, signal?: AbortSignal) => {
    const lines = waiting.splice(0);
    if (lines.length === 0) return;
    try {
      const append = () => appendFile(path, lines.join(''), { mode: 0o600 });
      await retryPassing(append, {
        clock,
        random: () => 0.5,
        limitMs,
        doubtfulLimitMs: limitMs,
        ...defined({ signal }),
      });
      failing = false;
    } catch (error) {
      waiting = [...lines, ...waiting].slice(-waitingLimit);
      if (!failing) log.warn({ op: 'audit.append', path, error: errorText(error) }, 'cannot write the audit file');
      failing = true;
    }
  };
  const writeOut = async () => {
    do await write(retryTimeoutMs, closing.signal);
    while (waiting.length > 0 && !failing);
    busy = undefined;
  };
  return {
    append(line) {
      waiting.push(`${encodeText(auditLine, line)}\n`);
      busy ??= writeOut();
      detach(busy);
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the audit file was closed'));
      await busy;
      await write(lastRetryTimeoutMs);
    },
  };
}
