// What every call of this package is given.

import type { FairleadConfig } from '@fairlead/config';

import type { ControlSession } from './control-session.ts';
import type { WorkEvent } from './launch-event.ts';
import type { LocalMachine, Run } from './machine.ts';
import { streamEvents, type Teller } from './stream-events.ts';

export interface LaunchDeps {
  machine: LocalMachine;
  /** What is in force, from `loadForCluster` or `loadConfig`. */
  config: FairleadConfig;
  /** Called at most once by each call; the call that opened the session closes it. */
  openSession(signal: AbortSignal): Promise<ControlSession & AsyncDisposable>;
}

/** `streamEvents` for work on the machine: see there. */
export function streamRun<Event extends { type: string }>(
  { machine }: LaunchDeps,
  signal: AbortSignal,
  work: (run: Run<Event | WorkEvent>, deliver: Teller<Event | WorkEvent>['deliver']) => Promise<void>,
): AsyncGenerator<Event | WorkEvent, void, undefined> {
  return streamEvents(signal, ({ tell, deliver }, ownSignal) => work({ ...machine, signal: ownSignal, tell }, deliver));
}
