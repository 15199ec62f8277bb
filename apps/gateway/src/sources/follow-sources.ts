// Notices that a command has added or removed a publisher or an upstream while the gateway serves.

import { type Clock, Guard, type Log, repeatEvery } from '@fairlead/kit';

export interface FollowSourcesDeps {
  /** Changes each time that another process has changed the store. */
  version: () => number;
  /** Reads what is stored, and puts it in force. */
  read: () => void;
  clock: Clock;
  log: Log;
}

/** As often as keys are looked at. */
const lookMs = 200;

export interface FollowedSources extends AsyncDisposable {
  /** For a token that is not known: its publisher may have been added a moment ago. */
  look(): void;
}

/** Reads at once; throws where that fails. Later failures are logged and tried again. Disposal ends it. */
export function followSources({ version, read, clock, log }: FollowSourcesDeps): FollowedSources {
  const stop = new AbortController();
  const guard = new Guard(log);
  const op = 'gateway.sources';
  let known = version();
  read();
  const look = () => {
    const now = version();
    if (now === known) return;
    read();
    known = now;
  };
  const running = repeatEvery(lookMs, look, { op, clock, guard, signal: stop.signal });
  return {
    look: () => void guard.run(op, look),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the gateway was stopped'));
      await running;
    },
  };
}
