// Asks the site's own programs for the job's deadline, Slurm's KillWait and the GPUs, and the kernel for the job's memory. The agent serves without these.

import { detach, errorText } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { createMemoryReader } from './memory/read-job-memory.ts';
import { pressureNote, watchPressure } from './memory/watch-pressure.ts';
import { type JobIdentity, learnKillWait, listGpus, watchDeadline } from '@fairlead/scheduler';
import type { AgentDeps } from './agent-deps.ts';
import type { Publisher } from './publish.ts';
import type { Supervisor } from './supervisor/supervisor.ts';
import type { SupervisorPolicy } from './supervisor/supervisor-state.ts';

export interface SiteParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  job: JobIdentity;
  policy: SupervisorPolicy;
  publisher: Publisher;
  supervisor: Supervisor;
}

/** Asks until the signal fires. A program that fails is logged; what was known before stays. */
export function learnFromSite(
  { spec, deps, job, policy, publisher, supervisor }: SiteParts,
  signal: AbortSignal,
): void {
  watchDeadline(
    {
      ...deps,
      job,
      cluster: spec.slurm?.cluster,
      pollMs: (spec.slurm?.pollSeconds ?? 0) * 1000,
      known: () => supervisor.state.deadlineMs,
      onChange: (deadlineMs) => supervisor.dispatch({ type: 'deadline.learned', deadlineMs }),
    },
    signal,
  );
  const learnt = (what: string, work: Promise<unknown>) => {
    detach(
      work.catch((error: unknown) => deps.log.warn({ op: 'site.learn', what, ok: false, error: errorText(error) })),
    );
  };
  const onChange = (pressure: string | undefined) => {
    publisher.learn({ pressure });
    publisher.note(pressureNote(deps.hostname, pressure));
  };
  watchPressure({ ...deps, read: createMemoryReader(), onChange }, signal);
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
