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
export function pickDiagnosis({ engine, job }: Sources, state: InstanceState, trouble?: string): Picked | undefined {
  const hang = trouble === undefined ? undefined : diagnoseHang(trouble);
  // An engine that hangs writes nothing. The agent also says that of one whose server is gone, and then the log says more.
  const hung: Picked | undefined = hang && { log: 'engine', diagnosis: hang };
  if (isUp(state)) return (engine && formerFailure(engine)) ?? hung;
  const engineFailed = engine && failure(engine);
  const jobFailed = job && failure(job);
  if (hung && engineFailed !== 'cause' && jobFailed !== 'cause') return hung;
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
  const { before, ...rest } = engine;
  const failed = failure(engine) ? engine.verdict : before;
  return failed && { log: 'engine', diagnosis: { ...rest, verdict: failed } };
}

function diagnoseHang(trouble: string): Diagnosis | undefined {
  const [sentence] = /the engine hangs: .+/.exec(trouble) ?? [];
  if (sentence === undefined) return undefined;
  const judge = createLogJudge();
  judge.push(sentence);
  return judge.diagnose();
}

function failure({ verdict }: Diagnosis): 'cause' | 'weak' | undefined {
  if (verdict.kind === 'unknown') return 'weak';
  if (verdict.kind !== 'failed') return undefined;
  return (verdict.entry.rank ?? 'cause') === 'cause' ? 'cause' : 'weak';
}
