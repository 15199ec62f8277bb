// `fairlead status <name>`: one deployment, its instance, what the queue says, its last events.

import { errorText } from '@fairlead/kit';
import { type BastionRouteView, describeRoute, type Session } from '@fairlead/client';
import { type DeploymentView, type EventView, type InstanceState, isEnded } from '@fairlead/protocol';

import { routeWords } from '../bastion/say-route.ts';
import { loadConfig, pickCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { jobName } from '../job/job-files.ts';
import { observationFor } from '../job/observe-job.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { clockTime, indented, leftWords, stateWords } from './instance-words.ts';
import { readLastEvents } from './last-events.ts';

const EVENTS_SHOWN = 10;

export async function runStatus(args: { name: string; cluster: boolean }, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  let deployment = await session.api.getDeployment(args.name, context.signal);
  // An agent speaks for itself; where there is none yet, or none any more, the queue is asked.
  if (args.cluster && isForTheQueue(deployment.instance.state))
    deployment = await askQueue(deployment, session, context);
  const query = { name: args.name, count: EVENTS_SHOWN };
  const { events: recent } = await readLastEvents(query, session.api, context.signal);
  const route = describeRoute(session.link.route);
  context.output.result(
    { event: 'deployment', ok: true, deployment, events: recent, ...(route && { route }) },
    statusText(deployment, { events: recent, route }, context.clock.now()),
  );
}

function isForTheQueue(state: InstanceState): boolean {
  if (state.status === 'failed') return state.cause.code === 'agent_lost';
  return state.status === 'submitted' || state.status === 'queued';
}

async function askQueue(deployment: DeploymentView, session: Session, context: Context): Promise<DeploymentView> {
  const { instance } = deployment;
  try {
    const { config } = await loadConfig(context);
    await using site = await openSite(pickCluster(config, deployment.cluster), context);
    const jobId = instance.jobId ?? (await jobByName(deployment, site, context));
    if (jobId === undefined) return deployment;
    const state = await observationFor(site, { id: instance.id, jobId, hasServed: isEnded(instance.state) }, context);
    if (!state && jobId === instance.jobId) {
      if (isEnded(instance.state))
        context.output.warn(`job ${jobId} still runs on ${deployment.cluster}: its agent may come back`);
      return deployment;
    }
    const observed = { jobId, ...(state && { state }) };
    return { ...deployment, instance: await session.api.observed(instance.id, observed, context.signal) };
  } catch (error) {
    context.signal.throwIfAborted();
    context.output.warn(`could not ask the queue of ${deployment.cluster}: ${errorText(error)}`);
    return deployment;
  }
}

/** Where sbatch's answer was lost: what is in the queue under the instance's name. */
async function jobByName({ name, instance }: DeploymentView, site: Site, { signal }: Context) {
  const [job] = await site.scheduler.living(jobName(name, instance.id), signal);
  return job?.jobId;
}

function statusText(
  deployment: DeploymentView,
  { events, route }: { events: EventView[]; route: BastionRouteView | undefined },
  nowMs: number,
): string {
  const { instance } = deployment;
  const ended = isEnded(instance.state);
  const rows: Array<[string, string | undefined]> = [
    ['state', stateWords(instance.state)],
    ['hint', ended && 'cause' in instance.state ? instance.state.cause.hint : undefined],
    ['model', `${deployment.servedModel} (${deployment.model})`],
    ['engine', deployment.engine],
    ['cluster', deployment.cluster],
    ['job', instance.jobId],
    ['host', instance.hostname],
    ['GPUs', instance.gpus.length > 0 ? instance.gpus.join(', ') : undefined],
    ['requests', instance.load ? `${instance.load.inFlight} in flight` : undefined],
    [
      'ends',
      instance.deadlineMs !== undefined && !ended
        ? `${clockTime(instance.deadlineMs)} (${leftWords(instance.deadlineMs, nowMs)} left)`
        : undefined,
    ],
    ['bastion', route && routeWords(route).replace('the bastion ', '')],
    ['files', `${instance.jobDir} on ${deployment.cluster}`],
  ];
  const lines = rows.flatMap(([key, value]) => (value ? [`${key.padEnd(9)} ${indented(value)}`] : []));
  const history = events.map((event) => `  ${clockTime(event.atMs)}  ${indented(event.message)}`);
  return [deployment.name, ...lines, ...(history.length > 0 ? ['', ...history] : [])].join('\n');
}
