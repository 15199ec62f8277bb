// What a signal of the job means: its reason is asked of Slurm's notice, of Slurm itself, or of the nodes that were seen to go.

import { defined, detach } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import {
  type JobIdentity,
  readEndReason,
  readJobLog,
  readPreemption,
  readSlurmNotice,
  type SlurmNotice,
} from '@fairlead/scheduler';
import type { AgentDeps, AgentSignal } from './agent-deps.ts';
import { missingNodes } from './nodes/leader/missing-nodes.ts';
import type { LeaderNodes } from './nodes/leader/open-nodes.ts';
import { causeOfNotice } from './supervisor/cause-of-notice.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

interface SignalParts {
  spec: InstanceSpec;
  deps: Pick<AgentDeps, 'onSignal' | 'run'>;
  job: JobIdentity;
  nodes: Pick<LeaderNodes, 'suspicion' | 'awaited'> | undefined;
  supervisor: Pick<Supervisor, 'state' | 'dispatch'>;
}

/** Passes each signal to the supervisor with its reason, where that can be told. Returns a function that stops this. */
export function passSignals(parts: SignalParts): () => void {
  const over = new AbortController();
  const stop = parts.deps.onSignal((signal) => {
    if (signal === 'SIGTERM') passEnd(parts, over.signal);
    else if (signal === 'SIGUSR2' && isServing(parts.supervisor)) detach(passWarning(parts, over.signal));
    else pass(signal, parts);
  });
  return () => {
    stop();
    over.abort(new Error('the agent has ended'));
  };
}

function passEnd(parts: SignalParts, signal: AbortSignal): void {
  const { spec, job, nodes, supervisor } = parts;
  // srun ends the other tasks of a job when one has failed: the first cause is that one.
  const missing = nodes && missingNodes(nodes, readJobLog(spec.jobDir));
  if (missing) supervisor.dispatch({ type: 'nodes.missing', ...missing });
  const notice = readSlurmNotice(spec.jobDir, job.jobId);
  const isTold = notice !== undefined && notice !== 'cancelled';
  if (isTold || !isServing(supervisor)) endFor(notice, parts);
  else detach(askWhy(notice, parts, signal));
}

/** Slurm's notice has no reason after scancel, and sometimes at the time limit too. */
async function askWhy(notice: SlurmNotice | undefined, parts: SignalParts, signal: AbortSignal): Promise<void> {
  const { deps, job, spec } = parts;
  const reason = await readEndReason(deps.run, { jobId: job.jobId, cluster: spec.slurm?.cluster }, signal);
  endFor(reason ?? notice, parts);
}

function endFor(notice: SlurmNotice | undefined, { supervisor }: SignalParts): void {
  const why = notice && causeOfNotice(notice);
  supervisor.dispatch({ type: 'signal.received', signal: 'SIGTERM', ...defined({ why }) });
}

/** The same signal warns of the time limit, asks for a drain, and at some sites announces a preemption, which has its own, earlier end. */
async function passWarning({ spec, deps, job, supervisor }: SignalParts, signal: AbortSignal): Promise<void> {
  const preemption = await readPreemption(deps.run, { jobId: job.jobId, cluster: spec.slurm?.cluster }, signal);
  if (preemption?.endMs !== undefined) supervisor.dispatch({ type: 'deadline.learned', deadlineMs: preemption.endMs });
  const why = preemption && causeOfNotice('preempted');
  supervisor.dispatch({ type: 'signal.received', signal: 'SIGUSR2', ...defined({ why }) });
}

function pass(signal: AgentSignal, { supervisor }: SignalParts): void {
  supervisor.dispatch({ type: 'signal.received', signal });
}

/** A drain that goes on has its cause already. */
function isServing({ state }: SignalParts['supervisor']): boolean {
  return state.status === 'starting' || state.status === 'ready' || state.status === 'degraded';
}
