// What has ended so long ago that control may forget it. Pure.

import { isEnded } from '@fairlead/protocol';

import type { DeploymentRecord, FormerInstance, InstanceRecord } from './records.ts';

interface Known {
  readonly record: Readonly<DeploymentRecord>;
  readonly instances: ReadonlyArray<{ readonly instance: Readonly<InstanceRecord> }>;
}

export interface PruningFacts<Entry extends Known> {
  deployments: Iterable<Entry>;
  formers: Iterable<FormerInstance>;
  /** What last changed before this time is removed. */
  beforeMs: number;
  /** Limit of the records that are removed at once. */
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
  for (const deployment of facts.deployments) {
    if (formers.length + deployments.length >= limit) break;
    const isOld = deployment.instances.every(
      ({ instance }) => isEnded(instance.life.state) && instance.updatedMs < beforeMs,
    );
    if (isOld && !withFormers.has(deployment.record.name)) deployments.push(deployment);
  }
  return { deployments, formers };
}
