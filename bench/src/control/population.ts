// The agents and watchers of one control, in separate processes.

import { fileURLToPath } from 'node:url';

import { connectOwner, type Owner } from '@fairlead/control/testing';
import type { Scope } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';

import { openWorker, type Worker } from '../harness/worker.ts';
import type { AgentOrders } from './agents-worker.ts';
import type { ControlProcess } from './control-process.ts';
import type { WatcherOrders } from './watchers-worker.ts';

export interface Population {
  owner: Owner;
  agents: ReadonlyArray<Worker<AgentOrders>>;
  watchers: Worker<WatcherOrders>;
  /** Time from the first socket until control has welcomed the last agent. */
  enrolMs: number;
  list(): Promise<DeploymentView[]>;
}

const agentsPerProcess = 1_000;
const createdAtOnce = 32;
const agentsWorker = fileURLToPath(new URL('./agents-worker.ts', import.meta.url));
const watchersWorker = fileURLToPath(new URL('./watchers-worker.ts', import.meta.url));

export async function openPopulation(
  scope: Scope,
  control: ControlProcess,
  wanted: { agents: number; watchers: number },
): Promise<Population> {
  const { socketPath, runDir, certificate, token } = control;
  const owner = scope.use(connectOwner({ socketPath, certificate, token }));
  const members = await createDeployments(owner, wanted.agents);
  const agents: Array<Worker<AgentOrders>> = [];
  const startedMs = performance.now();
  const opened = [];
  for (let at = 0; at < members.length; at += agentsPerProcess) {
    const worker = scope.use(await openWorker<AgentOrders>(agentsWorker));
    agents.push(worker);
    opened.push(worker.order('open', { runDir, certificate, agents: members.slice(at, at + agentsPerProcess) }));
  }
  await Promise.all(opened);
  const enrolMs = performance.now() - startedMs;
  const watchers = scope.use(await openWorker<WatcherOrders>(watchersWorker));
  await watchers.order('open', { socketPath, certificate, token, watchers: wanted.watchers });
  return {
    owner,
    agents,
    watchers,
    enrolMs,
    list: async () => (await owner.call('GET', '/v1/deployments')).body.deployments,
  };
}

async function createDeployments(owner: Owner, count: number) {
  const members: Array<{ instanceId: string; deployment: string; token: string }> = [];
  let left = count;
  const create = async () => {
    while (left > 0) {
      const deployment = `d${left--}`;
      const { status, body } = await owner.call('POST', '/v1/deployments', {
        name: deployment,
        model: 'demo',
        servedModel: 'demo',
        engine: 'sim',
        cluster: 'bench',
        jobDir: '/jobs/{instance}',
      });
      if (status !== 201) throw new Error(`cannot create ${deployment}: ${status} ${JSON.stringify(body)}`);
      members.push({ instanceId: body.instanceId, deployment, token: body.enrolmentToken });
    }
  };
  await Promise.all(Array.from({ length: createdAtOnce }, create));
  return members;
}
