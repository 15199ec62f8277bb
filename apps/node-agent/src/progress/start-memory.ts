// The agent's part of remembered start times: what the last start took goes with the state while the engine starts, and what this one took
// is written when it is ready. A file that cannot be read or written costs the estimate, no more.

import { join } from 'node:path';
import { defined, detach, errorText } from '@fairlead/kit';
import type { InstanceSpec, InstanceState } from '@fairlead/protocol';
import { visibleGpus } from '@fairlead/scheduler';
import type { AgentDeps } from '../agent-deps.ts';
import type { SupervisorState } from '../supervisor/supervisor-state.ts';
import { viewState } from '../supervisor/view-state.ts';
import { durationWords } from './duration-words.ts';
import { readStartTimes, rememberStart, startKeyOf, StartWatch } from './start-times.ts';

export interface StartMemory {
  /** What control and people are told of a state. To be called at each change. */
  view: (state: SupervisorState) => InstanceState;
}

interface StartMemoryOptions {
  spec: Pick<InstanceSpec, 'model' | 'engine' | 'stateDir'>;
  deps: Pick<AgentDeps, 'clock' | 'env' | 'log'>;
  /** Told once: how long the start took. */
  note: (message: string) => void;
}

export function openStartMemory({ spec, deps, note }: StartMemoryOptions): StartMemory {
  const { clock, env, log } = deps;
  const file = spec.stateDir === undefined ? undefined : join(spec.stateDir, 'start-times.json');
  const gpus = visibleGpus(env);
  const key = startKeyOf({ model: spec.model, engine: spec.engine.name, gpus, partition: env['SLURM_JOB_PARTITION'] });
  const watch = new StartWatch();
  let lastStartMs: number | undefined;

  const guarded = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      log.warn({ op: 'start.times', ok: false, error: errorText(error) }, 'cannot remember how long starts take');
    }
  };
  const read = async (from: string) => {
    lastStartMs = (await readStartTimes(from)).starts[key]?.totalMs;
  };
  if (file !== undefined) detach(guarded(read(file)));

  const finish = () => {
    const took = watch.finish(clock.monotonicMs());
    if (!took) return;
    const last = lastStartMs === undefined ? '' : ` (last time ${durationWords(lastStartMs)})`;
    note(`ready in ${durationWords(took.totalMs)}${last}`);
    if (file !== undefined) detach(guarded(rememberStart(file, key, { ...took, atMs: clock.now() })));
  };
  return {
    view(state) {
      if (state.status === 'ready') finish();
      else if (state.status !== 'starting' || state.engine !== 'starting') watch.forget();
      else watch.enter(state.phase, clock.monotonicMs());
      const view = viewState(state);
      return view.status === 'starting' ? { ...view, ...defined({ lastStartMs }) } : view;
    },
  };
}
