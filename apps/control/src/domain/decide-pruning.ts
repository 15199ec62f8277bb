// What has ended so long ago that control may forget it. Pure.

import { isEnded } from '@fairlead/protocol';

import type { DeploymentRecord, FormerInstance, InstanceRecord } from './records.ts';

interface Known {
  deployment: DeploymentRecord;
  instance: InstanceRecord;
}

export interface PruningFacts<Entry extends Known> {
  entries: Iterable<Entry>;
  formers: Iterable<FormerInstance>;
  /** What changed last before this goes. */
  beforeMs: number;
  /** At most so many records. */
  limit: number;
}

/** Replaced instances first: a deployment goes when none of its former instances is left. */
export function decidePruning<Entry extends Known>(
  facts: PruningFacts<Entry>,
): { deployments: Entry[]; formers: string[] } {
  const { beforeMs, limit } = facts;
  const formers: string[] = [];
  const withFormers = new Set<string>();
  for (const former of facts.formers) {
    withFormers.add(former.deployment);
    if (former.updatedMs < beforeMs && formers.length < limit) formers.push(former.id);
  }
  const deployments: Entry[] = [];
  for (const entry of facts.entries) {
    if (formers.length + deployments.length >= limit) break;
    const { life, updatedMs } = entry.instance;
    if (isEnded(life.state) && updatedMs < beforeMs && !withFormers.has(entry.deployment.name)) deployments.push(entry);
  }
  return { deployments, formers };
}
