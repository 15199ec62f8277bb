// agent.log: JSON lines by pino, 0600. Written behind the agent's back, so that a file system that hangs holds nothing up.

import type { Log } from '@fairlead/kit';
import { pino } from 'pino';

export interface AgentLog {
  log: Log;
  /** Writes out what is waiting. Call before the process ends. */
  flush: () => void;
}

const WAITING_LIMIT_BYTES = 4 * 1024 * 1024;

export function openAgentLog(path: string, level: string): AgentLog {
  const destination = pino.destination({
    dest: path,
    sync: false,
    append: true,
    mode: 0o600,
    maxLength: WAITING_LIMIT_BYTES,
  });
  // A full disk must not end an agent that serves.
  destination.on('error', () => undefined);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
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
