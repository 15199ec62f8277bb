// Ends a deployment: the order through control, then the scheduler's own ways.

import { type FairleadConfig, pickCluster } from '@fairlead/config';
import { CodedError, defined, errorText, isCodedError } from '@fairlead/kit';
import { type DeploymentView, hasEnded, leadInstance, type StopMode } from '@fairlead/protocol';

import type { ControlSession } from './control-session.ts';
import { endDeployment } from './job/end-deployment.ts';
import { eventsForCost, type Spent, spentUntil } from './job/spent.ts';
import { priceOf } from './plan/price.ts';
import { type LaunchDeps, streamRun } from './launch-deps.ts';
import type { LaunchErrorCode } from './launch-error.ts';
import type { StopEvent } from './launch-event.ts';
import type { Run } from './machine.ts';

export interface StopRequest {
  name: string;
  /** `drain` lets requests that are under way end; `now` cuts them. */
  mode: StopMode;
  /** Whether the call waits until the job is gone; where no agent takes the order it does so in any case. */
  wait: boolean;
}

/**
 * Begins with the first `next()`. Ends with `deployment.stopped`. Throws `stop_failed` where the end was waited for and did not come,
 * and the signal's reason. Leaving the loop takes nothing back: the order stands.
 */
export function stopDeployment(
  deps: LaunchDeps,
  request: StopRequest,
  signal: AbortSignal,
): AsyncGenerator<StopEvent, void, undefined> {
  return streamRun<StopEvent>(deps, signal, (run) => runStop(deps, request, run));
}

async function runStop(deps: LaunchDeps, { name, mode, wait }: StopRequest, run: Run<StopEvent>): Promise<void> {
  await using session = await deps.openSession(run.signal);
  const { deployment, delivered } = await session.api.stopDeployment(name, mode, run.signal);
  run.tell({ type: 'deployment.stopping', name, mode, delivered });
  if (!wait && delivered) return run.tell({ type: 'deployment.stopped', deployment });
  const { config } = deps;
  const last = await endDeployment({
    session,
    run,
    cluster: pickCluster(config, deployment.cluster),
    deployment,
    authorizedKeysFile: config.bastion?.authorizedKeysFile,
    delivered,
    now: mode === 'now',
  });
  if (wait && !hasEnded(last)) {
    const { state } = leadInstance(last);
    throw new CodedError<LaunchErrorCode>(
      'stop_failed',
      `cannot be sure that ${name} has ended: it is ${state.status}`,
      {
        hint: `Look again with \`fairlead status ${name}\`.`,
      },
    );
  }
  const spent = await spentOn(last, { session, config, run });
  run.tell({ type: 'deployment.stopped', deployment: last, ...defined({ spent }) });
}

/** Undefined where no price is known, and where it cannot be told: the deployment has ended all the same. */
async function spentOn(
  deployment: DeploymentView,
  { session, config, run }: { session: ControlSession; config: FairleadConfig; run: Run<StopEvent> },
): Promise<Spent | undefined> {
  try {
    const price = await priceOf(pickCluster(config, deployment.cluster).config, run.home);
    if (!price) return undefined;
    const { events } = await session.api.events({ deployment: deployment.name, last: eventsForCost }, run.signal);
    return spentUntil(deployment, { price, events, nowMs: run.clock.now() });
  } catch (error) {
    run.signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    run.tell({ type: 'warning', message: `could not tell what ${deployment.name} has cost: ${errorText(error)}` });
    return undefined;
  }
}
