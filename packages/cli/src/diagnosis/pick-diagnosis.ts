// Which log tells why: the engine's, or that of its job. Pure.

import { createLogJudge, type Diagnosis } from '@fairlead/engines/failures';
import type { InstanceState } from '@fairlead/protocol';

/** What each log says; absent where it could not be read. */
export interface Sources {
  engine: Diagnosis | undefined;
  job: Diagnosis | undefined;
}

export interface Picked {
  log: 'engine' | 'job';
  diagnosis: Diagnosis;
}

/** Undefined where neither log adds to what control says. `trouble`: the last of the engine that its agent told. */
export function pickDiagnosis(
  { engine: read, job }: Sources,
  state: InstanceState,
  trouble?: string,
): Picked | undefined {
  const told = trouble === undefined ? undefined : diagnoseTrouble(trouble);
  const engine = read && told && isOwnAbort(read, told) ? undefined : read;
  // An engine that hangs or is killed writes nothing. The agent also says so of one whose server is gone, and then the log says more.
  const byAgent: Picked | undefined = told && { log: 'engine', diagnosis: told };
  if (isUp(state)) return (engine && formerFailure(engine)) ?? byAgent;
  const engineFailed = engine && failure(engine);
  const jobFailed = job && failure(job);
  if (byAgent && engineFailed !== 'cause' && jobFailed !== 'cause') return byAgent;
  // The job's log says which process was killed for its memory; the engine's says only that one is gone.
  if (jobFailed && (!engineFailed || engineFailed !== 'cause')) return { log: 'job', diagnosis: job };
  if (engineFailed) return { log: 'engine', diagnosis: engine };
  if (state.status === 'starting' && engine && engine.verdict.kind === 'unfinished')
    return { log: 'engine', diagnosis: engine };
  return undefined;
}

function isUp({ status }: InstanceState): boolean {
  return status === 'ready' || status === 'degraded';
}

/** The engine runs again, or has failed and is about to: its last failure. */
function formerFailure(engine: Diagnosis): Picked | undefined {
  const { before: _before, ...rest } = engine;
  const failed = lastFailure(engine);
  return failed && { log: 'engine', diagnosis: { ...rest, verdict: failed } };
}

function lastFailure(engine: Diagnosis): Diagnosis['before'] {
  return failure(engine) ? engine.verdict : engine.before;
}

/** The agent aborts an engine that hangs, so that Python prints its stacks: in the log that is the last word, and no cause. */
function isOwnAbort(engine: Diagnosis, told: Diagnosis): boolean {
  const last = lastFailure(engine);
  const isHung = told.verdict.kind === 'failed' && told.verdict.entry.id === 'engine-hung';
  return isHung && last?.kind === 'failed' && last.entry.id === 'aborted';
}

/** Of the words of the agent. */
function diagnoseTrouble(trouble: string): Diagnosis | undefined {
  const judge = createLogJudge();
  const [, signal] = /the engine was killed by (SIG[A-Z0-9]+)/.exec(trouble) ?? [];
  if (signal !== undefined) return judge.diagnose({ code: null, signal });
  const [sentence] = /the engine hangs: .+/.exec(trouble) ?? [];
  if (sentence === undefined) return undefined;
  judge.push(sentence);
  return judge.diagnose();
}

function failure({ verdict }: Diagnosis): 'cause' | 'weak' | undefined {
  if (verdict.kind === 'unknown') return 'weak';
  if (verdict.kind !== 'failed') return undefined;
  return (verdict.entry.rank ?? 'cause') === 'cause' ? 'cause' : 'weak';
}
