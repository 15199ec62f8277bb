// The supervisor's limits in milliseconds, from the spec. Pure.

import type { SupervisorPolicy } from './supervisor-state.ts';
import type { InstanceSpec } from '@fairlead/protocol';

/** Slurm's default KillWait, used until scontrol has reported the site's. */
const killWaitMs = 30_000;

export function policyOf(
  { engine, health, drainSeconds }: Pick<InstanceSpec, 'engine' | 'health' | 'drainSeconds'>,
  jobStartMs: number,
): SupervisorPolicy {
  return {
    crashLimit: health.crashLimit,
    crashWindowMs: health.crashWindowSeconds * 1000,
    readyLimitMs: engine.readyLimitSeconds * 1000,
    stopLimitMs: engine.stopLimitSeconds * 1000,
    drainMs: drainSeconds * 1000,
    jobStartMs,
    killWaitMs,
  };
}
