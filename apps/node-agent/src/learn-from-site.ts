// What only the site's own programs can tell a running job: its deadline, Slurm's KillWait, its GPUs. The agent serves without it.

import { detach, errorText } from '@fairlead/kit';
import type { AgentDeps } from './agent-deps.ts';
import { learnKillWait } from './drain/learn-kill-wait.ts';
import { watchDeadline } from './drain/watch-deadline.ts';
import type { JobIdentity } from './job/job-identity.ts';
import { listGpus } from './job/list-gpus.ts';
import type { AgentSpec } from './job/read-spec.ts';
import type { Publisher } from './publish.ts';
import type { Supervisor } from './supervisor/supervisor.ts';
import type { SupervisorPolicy } from './supervisor/supervisor-state.ts';

export interface SiteParts {
  spec: AgentSpec;
  deps: AgentDeps;
  job: JobIdentity;
  policy: SupervisorPolicy;
  publisher: Publisher;
  supervisor: Supervisor;
}

/** Asks until the signal fires. A program that fails is logged, and changes nothing. */
export function learnFromSite(
  { spec, deps, job, policy, publisher, supervisor }: SiteParts,
  signal: AbortSignal,
): void {
  watchDeadline(
    {
      ...deps,
      jobId: job.jobId,
      ...(job.deadlineMs === undefined ? {} : { initialMs: job.deadlineMs }),
      drainMs: spec.drainSeconds * 1000,
      cluster: spec.slurm?.cluster,
      pollMs: (spec.slurm?.pollSeconds ?? 0) * 1000,
      onChange: (deadlineMs) => publisher.learn({ deadlineMs }),
      onNear: (deadlineMs) => supervisor.dispatch({ type: 'deadline.near', deadlineMs }),
    },
    signal,
  );
  const learnt = (what: string, work: Promise<unknown>) => {
    detach(
      work.catch((error: unknown) => deps.log.warn({ op: 'site.learn', what, ok: false, error: errorText(error) })),
    );
  };
  const killWait = learnKillWait(deps.run, { jobId: job.jobId, cluster: spec.slurm?.cluster }, signal);
  learnt(
    'KillWait',
    killWait.then((ms) => (policy.killWaitMs = ms ?? policy.killWaitMs)),
  );
  learnt(
    'GPUs',
    listGpus(deps.env, deps.run, signal).then((gpus) => publisher.learn({ gpus })),
  );
}
