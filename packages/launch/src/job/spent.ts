// What a deployment has cost until now: the GPUs of its instances, from the enrolment of their agents on.

import type { DeploymentView, EventView } from '@fairlead/protocol';

import type { Price } from '../plan/price.ts';

export interface Spent {
  /** While it runs; 0 after its end. */
  perHour: number;
  /** The sum until now. */
  total: number;
  unit: string;
}

/** Pure. Undefined where `events` do not say when a job with GPUs began. The minutes before an agent has enrolled are not in it. */
export function spentUntil(
  deployment: DeploymentView,
  { price, events, nowMs }: { price: Price; events: readonly EventView[]; nowMs: number },
): Spent | undefined {
  const parts = deployment.instances.flatMap(({ id, nodes }) => {
    const gpus = nodes.reduce((sum, node) => sum + node.gpus.length, 0);
    const own = events.filter(({ instanceId }) => instanceId === id);
    const start = own.find(({ kind }) => kind === 'agent.enrolled');
    if (gpus === 0 || !start) return [];
    const end = own.findLast(({ kind }) => kind === 'instance.stopped' || kind === 'instance.failed');
    const hours = Math.max(0, (end?.atMs ?? nowMs) - start.atMs) / 3_600_000;
    return [{ rate: end ? 0 : gpus * price.perGpuHour, total: gpus * hours * price.perGpuHour }];
  });
  if (parts.length === 0) return undefined;
  const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0);
  return { perHour: sum(parts.map(({ rate }) => rate)), total: sum(parts.map(({ total }) => total)), unit: price.unit };
}

/** The newest events of a deployment that `spentUntil` needs; control's largest page. */
export const eventsForCost = 1000;
