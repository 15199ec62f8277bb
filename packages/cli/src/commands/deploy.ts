// `fairlead deploy`: reads the configuration, has the model launched, and says how it goes.

import { loadForCluster } from '@fairlead/config';
import {
  type DeployRequest,
  engineOf,
  launch,
  type LaunchDeps,
  type LaunchEvent,
  type LaunchRequest,
  type PlannedDeployment,
  planDeployment,
  profileFacts,
  recallModel,
} from '@fairlead/launch';
import { cacheDir } from '@fairlead/client/cache-dir';
import { defined } from '@fairlead/kit';
import type { InstanceState } from '@fairlead/protocol';
import { formatSlurmDuration } from '@fairlead/scheduler';

import { configPlaceOf } from '../config/config-place.ts';
import { offerTrust } from '../config/offer-trust.ts';
import type { Context } from '../context.ts';
import { machineOf } from '../launch/machine-of.ts';
import { renderEvent } from '../launch/render-event.ts';
import { openCliSession } from '../open-cli-session.ts';
import type { Output } from '../output/output.ts';
import { engineSettings } from '../program/flag-values.ts';
import { watchInterrupt } from './deploy-interrupt.ts';
import { dryRun } from './dry-run.ts';
import { startDuration, stateWords } from './instance-words.ts';
import { type Task, taskOf } from './model-task.ts';
import { readyText } from './ready-text.ts';
import { gpuWords } from './sized-text.ts';

export interface DeployArgs extends DeployRequest {
  on?: string | undefined;
  set: string[];
  engineOption: string[];
  dryRun: boolean;
  wait: boolean;
}

export async function runDeploy(args: DeployArgs, context: Context): Promise<void> {
  await offerTrust(context);
  const { config, cluster, files } = await loadSettings(args, context);
  if (args.dryRun) {
    const site = await profileFacts(cluster.config, context.home);
    const { model: id } = planDeployment({ ...args, plan: false }, config, cluster.config);
    // It asks no host: what the hub said at an earlier plan serves.
    const model = await recallModel(id, { cacheDir: cacheDir(context), clock: context.clock });
    return dryRun(
      planDeployment(args, config, cluster.config, { site, model }),
      { cluster, files, hasProfile: site !== undefined },
      context,
    );
  }
  const deps = { machine: machineOf(context), config, openSession: () => openCliSession(context) };
  await renderLaunch(deps, { ...args, cluster }, { files, context });
}

/** Which engine the options are for is known when the configuration is read: a preset may name it. */
async function loadSettings({ engineOption, ...args }: DeployArgs, context: Context) {
  const place = configPlaceOf(context);
  const loaded = await loadForCluster(place, args);
  if (engineOption.length === 0) return loaded;
  const set = [...args.set, ...engineSettings(engineOf(args, loaded.config), engineOption)];
  return loadForCluster(place, { ...args, set });
}

async function renderLaunch(
  deps: LaunchDeps,
  request: LaunchRequest,
  { files, context }: { files: readonly string[]; context: Context },
): Promise<void> {
  const { output, signal } = context;
  using interrupts = watchInterrupt(context);
  const isNews = newsFilter();
  const starts = startClock(context);
  let model = '';
  for await (const event of launch(deps, request, signal)) {
    if (event.type === 'instance.changed') starts.see(event.instance.state);
    if (event.type === 'launch.phase') interrupts.enter(event.phase);
    else if (event.type === 'deployment.ready')
      sayReady(event, { ...starts.ended(), task: await taskOf([model, event.servedModel], context) }, context);
    else if (event.type === 'deployment.planned') {
      interrupts.name(event.plan.name);
      model = event.plan.model;
      sayPlanned(event.plan, { cluster: event.cluster, files }, output);
    } else if (isNews(event)) renderEvent(event, output);
    if (event.type === 'deployment.submitted' && !request.wait) {
      const { type, name } = event;
      output.result({ event: type, ok: true, name }, `Follow it with: fairlead status ${name}`);
    }
  }
}

/** A state is said once in the same words; that it is ready is the result's to say. */
function newsFilter() {
  let last = '';
  return (event: LaunchEvent): boolean => {
    if (event.type !== 'instance.changed') return true;
    const words = stateWords(event.instance.state);
    const isNew = words !== last && event.instance.state.status !== 'ready';
    last = words;
    return isNew;
  };
}

interface StartTimed {
  /** From the engine's start, as this command saw it. */
  startMs?: number;
  lastStartMs?: number;
}

/** Times a start by this machine's clock that does not jump. */
function startClock({ clock }: Context) {
  let beganMs: number | undefined;
  let lastStartMs: number | undefined;
  return {
    see(state: InstanceState) {
      if (state.status !== 'starting') return;
      beganMs ??= clock.monotonicMs();
      lastStartMs = state.lastStartMs ?? lastStartMs;
    },
    ended(): StartTimed {
      return defined({ startMs: beganMs === undefined ? undefined : clock.monotonicMs() - beganMs, lastStartMs });
    },
  };
}

function sayPlanned(
  plan: PlannedDeployment,
  { cluster, files }: { cluster: string; files: readonly string[] },
  output: Output,
): void {
  const { name, model, engine, gpus, nodes, timeMinutes, risks } = plan;
  output.event(
    'deployment.planned',
    { name, model, engine, cluster, gpus, nodes, timeMinutes, configFiles: files, risks },
    `${output.style('bold', name)}: ${model} on ${cluster} with ${engine}, ${gpuWords(gpus, nodes)}, ${formatSlurmDuration(timeMinutes)}\n        configuration: ${files.join(', ') || 'no file'}`,
  );
}

function sayReady(
  { type, name, servedModel, instance }: Extract<LaunchEvent, { type: 'deployment.ready' }>,
  { startMs, lastStartMs, task }: StartTimed & { task: Task },
  { output, clock }: Context,
): void {
  const { id, jobId, nodes, endpoints, deadlineMs } = instance;
  const last = lastStartMs === undefined ? '' : ` (last time ${startDuration(lastStartMs)})`;
  const took = startMs === undefined ? '' : `ready in ${startDuration(startMs)}${last}\n\n`;
  const timed = defined({ startMs: startMs && Math.round(startMs), lastStartMs });
  output.result(
    { event: type, ok: true, name, instance: id, jobId, servedModel, nodes, endpoints, deadlineMs, ...timed },
    took + readyText({ name, model: servedModel, task }, deadlineMs, clock.now()),
  );
}
