// Decides which key of a bastion's serves a new job, and what may go. Pure.

import { type DeploymentView, type InstanceView, isEnded } from '@fairlead/protocol';

import type { JobKeyRecord } from './job-key-place.ts';

const dayMs = 86_400_000;
export const jobKeyLifetimeMs = 90 * dayMs;
/** Longer than the longest time limits of clusters: a job must not outlive its key. */
const leftAtLeastMs = 31 * dayMs;

/** The key with the latest expiry; undefined where none lasts as long as a job may run. */
export function pickJobKey(records: readonly JobKeyRecord[], nowMs: number): JobKeyRecord | undefined {
  const [first] = records.toSorted((left, right) => right.expiresMs - left.expiresMs);
  return first && first.expiresMs - nowMs > leftAtLeastMs ? first : undefined;
}

export function expiredJobKeys(records: readonly JobKeyRecord[], nowMs: number): JobKeyRecord[] {
  return records.filter(({ expiresMs }) => expiresMs <= nowMs);
}

/**
 * Of the users noted beside a key, those that may still read it. A lost agent may come back until its job has ended.
 * Control does not know the doctor's test jobs: each of them removes its own note.
 */
export function livingUsers(users: readonly string[], deployments: readonly DeploymentView[]): string[] {
  const instances = deployments.flatMap((deployment) => deployment.instances);
  const living = new Set(instances.filter(mayRun).map(({ id }) => id));
  return users.filter((user) => user.startsWith('doctor-') || living.has(user));
}

function mayRun({ state }: InstanceView): boolean {
  return !isEnded(state) || state.cause.code === 'agent_lost';
}
