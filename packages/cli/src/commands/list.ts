// `fairlead list`: the deployments control knows.

import type { DeploymentView } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { table } from '../output/table.ts';
import { leftWords, stateWords } from './instance-words.ts';

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

function listText(deployments: DeploymentView[], nowMs: number): string {
  const rows = deployments.map(({ name, servedModel, cluster, instance }) => [
    name,
    stateWords(instance.state),
    servedModel,
    cluster,
    instance.jobId ?? '-',
    instance.load ? String(instance.load.inFlight) : '-',
    instance.deadlineMs === undefined || instance.state.status === 'stopped' || instance.state.status === 'failed'
      ? '-'
      : leftWords(instance.deadlineMs, nowMs),
  ]);
  return table(['NAME', 'STATE', 'MODEL', 'CLUSTER', 'JOB', 'REQUESTS', 'LEFT'], rows);
}
