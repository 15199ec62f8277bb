// Which log tells why: the engine's, or that of its job. Pure.

import type { Diagnosis } from '@fairlead/engines/failures';
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

/** Undefined where neither log adds to what control says. */
export function pickDiagnosis({ engine, job }: Sources, state: InstanceState): Picked | undefined {
  const engineFailed = engine && failure(engine);
  const jobFailed = job && failure(job);
  // The job's log says which process was killed for its memory; the engine's says only that one is gone.
  if (jobFailed && (!engineFailed || engineFailed !== 'cause')) return { log: 'job', diagnosis: job };
  if (engineFailed) return { log: 'engine', diagnosis: engine };
  if (state.status === 'starting' && engine && engine.verdict.kind === 'unfinished')
    return { log: 'engine', diagnosis: engine };
  return undefined;
}

function failure({ verdict }: Diagnosis): 'cause' | 'weak' | undefined {
  if (verdict.kind === 'unknown') return 'weak';
  if (verdict.kind !== 'failed') return undefined;
  return (verdict.entry.rank ?? 'cause') === 'cause' ? 'cause' : 'weak';
}
