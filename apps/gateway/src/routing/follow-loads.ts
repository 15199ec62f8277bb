// Asks control every few seconds what the engines say of themselves: how many requests run there, and how many wait.

import { type Clock, type Log, repeatTurns } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';

import type { Router } from './router.ts';

/** Agents tell it as often. */
const lookMs = 5_000;

export interface FollowLoadsDeps {
  list: (signal: AbortSignal) => Promise<readonly DeploymentView[]>;
  router: Pick<Router, 'noteLoads'>;
  clock: Clock;
  log: Log;
}

/** While control cannot be asked, what is known stays. Disposal ends it. */
export function followLoads({ list, router, clock, log }: FollowLoadsDeps): AsyncDisposable {
  const stop = new AbortController();
  const turn = async () => {
    const deployments = await list(stop.signal);
    const instances = deployments.flatMap((deployment) => deployment.instances);
    router.noteLoads(new Map(instances.map(({ id, load }) => [id, load])));
    return lookMs;
  };
  const running = repeatTurns(turn, { op: 'gateway.loads', clock, log, signal: stop.signal });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the gateway was stopped'));
      await running;
    },
  };
}
