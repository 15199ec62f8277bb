// Ends a deployment: the order through control, then the scheduler's own ways.

import { pickCluster } from '@fairlead/config';
import { CodedError } from '@fairlead/kit';
import { hasEnded, leadInstance, type StopMode } from '@fairlead/protocol';

import { endDeployment } from './job/end-deployment.ts';
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
  run.tell({ type: 'deployment.stopped', deployment: last });
}
