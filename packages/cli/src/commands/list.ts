// `fairlead list`: the deployments control knows.

import { type DeploymentView, isEnded } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { table } from '../output/table.ts';
import { leftWords, placeWords, stateWords } from './instance-words.ts';

export async function runList(args: { all: boolean }, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const deployments = await session.api.listDeployments({ all: args.all }, context.signal);
  context.output.result(
    { event: 'deployments', ok: true, deployments },
    deployments.length === 0
      ? `Nothing is deployed${args.all ? '' : ' (--all shows what has ended)'}. Start with: fairlead deploy demo`
      : listText(deployments, context.clock.now()),
  );
}

/** One row an instance. */
export function listText(deployments: DeploymentView[], nowMs: number): string {
  const rows = deployments.flatMap(({ name, servedModel, cluster, instances }) =>
    instances.map((instance) => [
      `${name}${placeWords(instance)}`,
      stateWords(instance.state),
      servedModel,
      cluster,
      instance.jobId ?? '-',
      instance.load ? String(instance.load.inFlight) : '-',
      instance.deadlineMs === undefined || isEnded(instance.state) ? '-' : leftWords(instance.deadlineMs, nowMs),
    ]),
  );
  return table(['NAME', 'STATE', 'SERVED MODEL', 'CLUSTER', 'JOB', 'REQUESTS', 'LEFT'], rows);
}
