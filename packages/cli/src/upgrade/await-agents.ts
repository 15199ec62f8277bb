// After control was replaced: waits until the agents that were there before have reported to the new one.

import type { Session } from '@fairlead/client';
import type { DeploymentView } from '@fairlead/protocol';

import type { Context } from '../context.ts';

const timeoutMs = 20_000;
const pollIntervalMs = 300;

/** Names of the deployments whose agent has reported again, or that had none before. */
export async function awaitAgents(
  session: Session,
  before: readonly DeploymentView[],
  { clock, output, signal }: Context,
): Promise<string[]> {
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const found = await session.api.listDeployments({ all: true }, signal);
    const now = new Map(
      found.flatMap(({ instances }) => instances.map((instance) => [instance.id, instance] as const)),
    );
    // Control keeps load in memory alone: it has one again when a heartbeat has come.
    const isBack = ({ instances }: DeploymentView) =>
      instances.every(({ id, load }) => load === undefined || !now.has(id) || now.get(id)?.load !== undefined);
    const back = before.filter(isBack);
    if (back.length === before.length || clock.monotonicMs() > untilMs) return back.map(({ name }) => name);
    output.busy(`${back.length} of ${before.length} agents have reported to the new control`);
    await clock.sleep(pollIntervalMs, signal);
  }
}
