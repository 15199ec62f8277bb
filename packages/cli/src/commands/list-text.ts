// What `fairlead list` shows of deployments.

import { type DeploymentView, isEnded } from '@fairlead/protocol';

import { table } from '../output/table.ts';
import { leftWords, placeWords, stateWords } from './instance-words.ts';

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
