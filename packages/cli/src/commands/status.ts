// `fairlead status <name>`: one deployment, its instance, what the queue says, its last events.

import { defined, errorText } from '@fairlead/kit';
import { type BastionRouteView, describeRoute, type Session } from '@fairlead/client';
import {
  type DeploymentView,
  type EventView,
  type InstanceNode,
  type InstanceState,
  type InstanceView,
  isEnded,
} from '@fairlead/protocol';

import { launchRun } from '../launch/launch-run.ts';
import { configPlaceOf } from '../config/config-place.ts';
import { routeWords } from '../bastion/say-route.ts';
import { loadConfig, pickCluster } from '@fairlead/config';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import {
  eventsForCost,
  jobName,
  observationFor,
  openSite,
  priceOf,
  type Site,
  type Spent,
  spentUntil,
} from '@fairlead/launch';
import { spentWords } from './sized-text.ts';
import { clockTime, indented, leftWords, placeWords, progressWords, stateWords } from './instance-words.ts';
import { readLastEvents } from './last-events.ts';

const eventsShown = 10;

export async function runStatus(args: { name: string; cluster: boolean }, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  let deployment = await session.api.getDeployment(args.name, context.signal);
  // An agent speaks for itself; where there is none yet, or none any more, the queue is asked.
  if (args.cluster && deployment.instances.some(({ state }) => isForTheQueue(state)))
    deployment = await askQueue(deployment, session, context);
  const query = { name: args.name, count: eventsShown };
  const { events: recent } = await readLastEvents(query, session.api, context.signal);
  const route = describeRoute(session.link.route);
  const spent = await spentOn(deployment, session, context);
  context.output.result(
    { event: 'deployment', ok: true, deployment, events: recent, ...defined({ spent, route }) },
    statusText(deployment, { events: recent, route, spent }, context.clock.now()),
  );
}

/** Undefined where no price is known, and where the configuration has no such cluster any more. */
async function spentOn(deployment: DeploymentView, session: Session, context: Context): Promise<Spent | undefined> {
  const { config } = await loadConfig(configPlaceOf(context));
  const cluster = config.clusters?.[deployment.cluster];
  const price = cluster && (await priceOf(cluster, context.home));
  if (!price) return undefined;
  const query = { deployment: deployment.name, last: eventsForCost };
  const { events } = await session.api.events(query, context.signal);
  return spentUntil(deployment, { price, events, nowMs: context.clock.now() });
}

function isForTheQueue(state: InstanceState): boolean {
  if (state.status === 'failed') return state.cause.code === 'agent_lost';
  return state.status === 'submitted' || state.status === 'queued';
}

async function askQueue(deployment: DeploymentView, session: Session, context: Context): Promise<DeploymentView> {
  try {
    const { config } = await loadConfig(configPlaceOf(context));
    await using site = await openSite(pickCluster(config, deployment.cluster), launchRun(context));
    const instances: InstanceView[] = [];
    for (const instance of deployment.instances)
      instances.push(
        isForTheQueue(instance.state)
          ? await askOfInstance({ deployment, instance, site, session }, context)
          : instance,
      );
    return { ...deployment, instances };
  } catch (error) {
    context.signal.throwIfAborted();
    context.output.warn(`could not ask the queue of ${deployment.cluster}: ${errorText(error)}`);
    return deployment;
  }
}

interface Asking {
  deployment: DeploymentView;
  instance: InstanceView;
  site: Site;
  session: Session;
}

async function askOfInstance(asking: Asking, context: Context): Promise<InstanceView> {
  const { deployment, instance, site, session } = asking;
  const jobId = instance.jobId ?? (await jobByName(asking, context));
  if (jobId === undefined) return instance;
  const state = await observationFor(site, { id: instance.id, jobId, hasServed: isEnded(instance.state) }, context);
  if (!state && jobId === instance.jobId) {
    if (isEnded(instance.state))
      context.output.warn(`job ${jobId} still runs on ${deployment.cluster}: its agent may come back`);
    return instance;
  }
  return session.api.observed(instance.id, { jobId, ...defined({ state }) }, context.signal);
}

/** Where sbatch's answer was lost: what is in the queue under the instance's name. */
async function jobByName({ deployment, instance, site }: Asking, { signal }: Context) {
  const [job] = await site.scheduler.living(jobName(deployment.name, instance.id), signal);
  return job?.jobId;
}

export function statusText(
  deployment: DeploymentView,
  { events, route, spent }: { events: EventView[]; route: BastionRouteView | undefined; spent?: Spent | undefined },
  nowMs: number,
): string {
  const shared: Row[] = [
    ['model', deployment.model],
    ['served as', deployment.servedModel],
    ['engine', deployment.engine],
    ['cluster', deployment.cluster],
    ['cost', spent && spentWords(spent)],
    ['bastion', route && routeWords(route).replace('the bastion ', '')],
  ];
  const each = deployment.instances.map((instance) => [
    ...(deployment.instances.length > 1 ? ['', `instance ${instance.id}${placeWords(instance)}`] : []),
    ...linesOf(instanceRows(instance, deployment, nowMs)),
  ]);
  const history = events.map((event) => `  ${clockTime(event.atMs)}  ${indented(event.message)}`);
  const [first = [], ...others] = each;
  const instances =
    others.length === 0 ? [...first, ...linesOf(shared)] : [...linesOf(shared), ...first, ...others.flat()];
  return [deployment.name, ...instances, ...(history.length > 0 ? ['', ...history] : [])].join('\n');
}

type Row = [string, string | undefined];

function linesOf(rows: readonly Row[]): string[] {
  return rows.flatMap(([key, value]) => (value ? [`${key.padEnd(9)} ${indented(value)}`] : []));
}

/** `0 node1: 4 × NVIDIA H100, running`. */
function nodeWords({ rank, host, gpus, state, pressure }: InstanceNode): string {
  const kinds = [...new Set(gpus)].map((kind) => `${gpus.filter((gpu) => gpu === kind).length} × ${kind}`);
  return `${rank} ${host}: ${[...kinds, nodeStateWords(state), ...(pressure ? [pressure] : [])].join(', ')}`;
}

function nodeStateWords(state: InstanceNode['state']): string {
  if (state.status === 'lost') return `lost: ${state.reason}`;
  if (state.status === 'starting' && state.progress) return progressWords(state.progress);
  return state.status;
}

/** Undefined where SSH alone encrypts. */
function encryptionWords({ endToEnd }: InstanceView): string | undefined {
  if (!endToEnd) return undefined;
  const words = endToEnd.plain ? 'from end to end; plain requests are answered too' : 'from end to end';
  return `${words}\ncertificate ${endToEnd.fingerprint}`;
}

function instanceRows(instance: InstanceView, { cluster }: DeploymentView, nowMs: number): Row[] {
  const { state, nodes } = instance;
  const ended = isEnded(state);
  const gpus = nodes.flatMap((node) => node.gpus);
  return [
    ['state', stateWords(state)],
    ['hint', ended ? state.cause.hint : undefined],
    ['job', instance.jobId],
    ...(nodes.length > 1
      ? [['nodes', nodes.map(nodeWords).join('\n')] satisfies Row]
      : [['host', nodes[0]?.host] satisfies Row, ['GPUs', gpus.join(', ')] satisfies Row]),
    ['encrypted', encryptionWords(instance)],
    ['requests', instance.load ? `${instance.load.inFlight} in flight` : undefined],
    [
      'ends',
      instance.deadlineMs !== undefined && !ended
        ? `${clockTime(instance.deadlineMs)} (${leftWords(instance.deadlineMs, nowMs)} left)`
        : undefined,
    ],
    ['files', `${instance.jobDir} on ${cluster}`],
  ];
}
