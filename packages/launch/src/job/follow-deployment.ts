// Follows one instance until it is ready or has ended: control reports what its agent reports, the scheduler reports the queue.

import { isDeepStrictEqual } from 'node:util';

import { CodedError, errorText, isCodedError } from '@fairlead/kit';
import type { ControlSession } from '../control-session.ts';
import { type InstanceState, type InstanceView, isEnded, type WatchMessage } from '@fairlead/protocol';
import type { SchedulerErrorCode } from '@fairlead/scheduler';
import type { SshErrorCode } from '@fairlead/ssh';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { FollowEvent } from '../launch-event.ts';
import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import { pollMs } from '../site/slurm-site.ts';
import { observationFor } from './observe-job.ts';
import { isUnhurried, type QueuePace, queueWaitMs } from './queue-pace.ts';

/** The first looks at the queue come sooner than the others, for short queues. */
const firstPollsMs = [1_000, 4_000];

export interface Follow {
  name: string;
  /** Where `jobId` is undefined, only control is asked. */
  instance: { id: string; jobId: string | undefined };
  session: ControlSession;
  site: Site;
  run: Run<FollowEvent>;
}

/** Resolves when the instance is ready. Throws `deploy_failed` with the instance's own cause when it ended instead. */
export async function followDeployment(follow: Follow): Promise<InstanceView> {
  const over = new AbortController();
  const signal = AbortSignal.any([follow.run.signal, over.signal]);
  const settled = Promise.withResolvers<InstanceView>();
  let told: InstanceState | undefined;
  const look = (view: InstanceView) => {
    if (view.id !== follow.instance.id) return;
    // Control also sends changes that are not of the state, such as load.
    if (!isDeepStrictEqual(view.state, told)) follow.run.tell({ type: 'instance.changed', instance: view });
    told = view.state;
    if (isReachable(view) || isEnded(view.state)) settled.resolve(view);
  };
  const watching = watchInstance(follow, look, signal);
  const polling = pollJob(follow, look, signal);
  const failed = (error: unknown) => {
    if (!over.signal.aborted) settled.reject(error);
  };
  watching.catch(failed);
  polling.catch(failed);
  try {
    const view = await settled.promise;
    if (isEnded(view.state)) throw endedError(follow, view);
    return view;
  } finally {
    over.abort(new Error('followed to its end'));
    await Promise.allSettled([watching, polling]);
  }
}

/** The engine may be ready before the tunnel is up. */
function isReachable(view: InstanceView): boolean {
  return view.state.status === 'ready' && view.endpoints.length > 0;
}

async function watchInstance(follow: Follow, look: (view: InstanceView) => void, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      for await (const message of follow.session.watch(signal)) {
        attempt = 0;
        for (const { name, instances } of deploymentsOf(message)) if (name === follow.name) instances.forEach(look);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === 0)
        follow.run.tell({ type: 'warning', message: `lost sight of control (${errorText(error)}); trying again` });
      await follow.run.clock.sleep(Math.min(500 * 2 ** attempt, 10_000), signal);
    }
  }
}

async function pollJob(follow: Follow, look: (view: InstanceView) => void, signal: AbortSignal): Promise<void> {
  const { clock } = follow.run;
  const { id, jobId } = follow.instance;
  if (jobId === undefined) return;
  const sight = queueSight(follow);
  for (let round = 0; ; round++) {
    await clock.sleep(sight.waitMs(round), signal);
    try {
      const askedMs = clock.monotonicMs();
      const observed = await observationFor(follow.site, { id, jobId }, { clock, signal });
      sight.answeredIn(clock.monotonicMs() - askedMs);
      if (observed) look(await follow.session.api.observed(id, { jobId, state: observed }, signal));
      sight.regained();
    } catch (error) {
      signal.throwIfAborted();
      if (!sight.lost(error)) return;
    }
  }
}

/** Decides the wait until the next query of the queue, and warns once per outage of the login host. */
function queueSight({ run, site }: Follow) {
  let failures = 0;
  let pace: QueuePace = { pollMs: pollMs(site.cluster.config.slurm), refusals: 0, answerMs: 0 };
  return {
    waitMs(round: number): number {
      if (failures > 0 && pace.refusals === 0) return Math.min(1_000 * 2 ** (failures - 1), pace.pollMs);
      return (isUnhurried(pace) ? undefined : firstPollsMs[round]) ?? queueWaitMs(pace) * (1 + 0.2 * run.random());
    },
    answeredIn(answerMs: number): void {
      pace = { ...pace, answerMs };
    },
    regained(): void {
      if (failures > 0) run.tell({ type: 'queue.back', cluster: site.cluster.name });
      failures = 0;
      pace = { ...pace, refusals: 0 };
    },
    /** False where the login was refused: it must not be tried again and again. */
    lost(error: unknown): boolean {
      failures += 1;
      const isRefused = isCodedError(error, ...loginRefusals);
      // A Slurm that answers and refuses is asked less often; a connection that broke is tried again soon.
      if (isCodedError(error, ...queueRefusals)) pace = { ...pace, refusals: pace.refusals + 1 };
      if (failures === 1 || isRefused)
        run.tell({
          type: 'warning',
          message: `lost sight of the queue of ${site.cluster.name} (${errorText(error)}); ${isRefused ? 'going on without it' : 'trying again'}`,
        });
      return !isRefused;
    },
  };
}

const queueRefusals: readonly SchedulerErrorCode[] = ['rate_limited', 'command_failed', 'munge_down', 'answer_lost'];
const loginRefusals: readonly SshErrorCode[] = [
  'auth_failed',
  'passphrase_needed',
  'host_key_changed',
  'host_key_unknown',
  'host_key_revoked',
];

function deploymentsOf(message: WatchMessage) {
  if (message.type === 'snapshot') return message.deployments;
  return message.type === 'deployment.changed' ? [message.deployment] : [];
}

function endedError(follow: Follow, view: InstanceView): CodedError<LaunchErrorCode> {
  if (!isEnded(view.state)) throw new Error('not ended');
  const { cause } = view.state;
  const lines = cause.lastLines?.length ? `\n  ${cause.lastLines.join('\n  ')}` : '';
  return new CodedError('deploy_failed', `cannot serve ${follow.name} because ${cause.message}${lines}`, {
    hint: `${cause.hint ?? ''} See \`fairlead logs ${follow.name} --source job\` and \`--source engine\`.`.trim(),
  });
}
