// `fairlead deploy`: reads the configuration, has the model launched, and says how it goes.

import { loadForCluster } from '@fairlead/config';
import {
  type DeployRequest,
  launch,
  type LaunchDeps,
  type LaunchEvent,
  type LaunchRequest,
  type PlannedDeployment,
  planDeployment,
  profileFacts,
} from '@fairlead/launch';
import { formatSlurmDuration } from '@fairlead/scheduler';

import { configPlaceOf } from '../config/config-place.ts';
import { offerTrust } from '../config/offer-trust.ts';
import type { Context } from '../context.ts';
import { machineOf } from '../launch/launch-run.ts';
import { renderEvent } from '../launch/render-event.ts';
import { openCliSession } from '../open-cli-session.ts';
import type { Output } from '../output/output.ts';
import { watchInterrupt } from './deploy-interrupt.ts';
import { dryRun } from './dry-run.ts';
import { stateWords } from './instance-words.ts';
import { readyText } from './ready-text.ts';

export interface DeployArgs extends DeployRequest {
  on?: string | undefined;
  set: string[];
  dryRun: boolean;
  wait: boolean;
}

export async function runDeploy(args: DeployArgs, context: Context): Promise<void> {
  await offerTrust(context);
  const { config, cluster, files } = await loadForCluster(configPlaceOf(context), args);
  if (args.dryRun) {
    const site = await profileFacts(cluster.config, context.home);
    return dryRun(
      planDeployment(args, config, cluster.config, { site }),
      { cluster, files, isPlanned: site !== undefined },
      context,
    );
  }
  const deps = { machine: machineOf(context), config, openSession: () => openCliSession(context) };
  await renderLaunch(deps, { ...args, cluster }, { files, context });
}

async function renderLaunch(
  deps: LaunchDeps,
  request: LaunchRequest,
  { files, context }: { files: readonly string[]; context: Context },
): Promise<void> {
  const { output, signal } = context;
  using interrupts = watchInterrupt(context);
  const isNews = newsFilter();
  for await (const event of launch(deps, request, signal)) {
    if (event.type === 'launch.phase') interrupts.enter(event.phase);
    else if (event.type === 'deployment.ready') sayReady(event, context);
    else if (event.type === 'deployment.planned') {
      interrupts.name(event.plan.name);
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

function sayPlanned(
  plan: PlannedDeployment,
  { cluster, files }: { cluster: string; files: readonly string[] },
  output: Output,
): void {
  const { name, model, engine, gpus, timeMinutes, risks } = plan;
  const words = gpus === 0 ? 'no GPU' : `${gpus} GPU${gpus === 1 ? '' : 's'}`;
  output.event(
    'deployment.planned',
    { name, model, engine, cluster, gpus, timeMinutes, configFiles: files, risks },
    `${output.style('bold', name)}: ${model} on ${cluster} with ${engine}, ${words}, ${formatSlurmDuration(timeMinutes)}\n        configuration: ${files.join(', ') || 'no file'}`,
  );
}

function sayReady(
  { type, name, servedModel, instance }: Extract<LaunchEvent, { type: 'deployment.ready' }>,
  { output, clock }: Context,
): void {
  const { id, jobId, nodes, endpoints, deadlineMs } = instance;
  output.result(
    { event: type, ok: true, name, instance: id, jobId, servedModel, nodes, endpoints, deadlineMs },
    readyText(name, servedModel, deadlineMs, clock.now()),
  );
}
