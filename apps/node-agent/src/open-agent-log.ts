// agent.log: JSON lines by pino, 0600. Written behind the agent's back, so that a file system that hangs holds nothing up.

import type { Log } from '@fairlead/kit';
import { pino } from 'pino';

export interface AgentLog {
  log: Log;
  /** Writes out what is waiting. Call before the process ends. */
  flush: () => void;
}

const maxWaitingBytes = 4 * 1024 * 1024;
const reopenIntervalMs = 1_000;

export function openAgentLog(path: string, level: string): AgentLog {
  let isWaiting = false;
  let hasFile = false;

  const open = () => {
    const opened = pino.destination({
      dest: path,
      sync: false,
      append: true,
      mode: 0o600,
      maxLength: maxWaitingBytes,
    });
    opened.on('ready', () => (hasFile = true));
    // A full disk must not end an agent that serves. A file that could not be opened, or has become stale, is opened again.
    opened.on('error', () => {
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(openAgain, reopenIntervalMs).unref();
    });
    return opened;
  };
  const openAgain = () => {
    isWaiting = false;
    if (hasFile) destination.reopen();
    else destination = open();
  };
  let destination = open();

  const write = (line: string) => void destination.write(line);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return {
    log: logger,
    flush() {
      try {
        destination.flushSync();
      } catch (error) {
        // Not open yet, or the disk is full: there is nowhere left to say so.
        if (!(error instanceof Error)) throw error;
      }
    },
  };
}
