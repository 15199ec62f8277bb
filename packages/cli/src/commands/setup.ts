// `fairlead setup`: has an engine's environment built and tried on a cluster, and writes it into the configuration.

import {
  changedSettings,
  type FairleadConfig,
  loadForCluster,
  type NamedCluster,
  userConfigPath,
  writeConfig,
} from '@fairlead/config';
import { findEngineKind } from '@fairlead/engines';
import { shellJoin } from '@fairlead/kit';
import { gigabytes, type SetupEvent, setUp, bytesText } from '@fairlead/launch/environment';

import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { machineOf } from '../launch/machine-of.ts';
import { renderEvent } from '../launch/render-event.ts';

export interface SetupArgs {
  engine: string;
  engineVersion?: string | undefined;
  dir?: string | undefined;
  container?: string | true | undefined;
  on?: string | undefined;
  set: string[];
  isTried: boolean;
  /** Of the job that tries it. */
  gpus?: number | undefined;
  waitSeconds: number;
}

type Done = Extract<SetupEvent, { type: 'setup.done' }>;

export async function runSetup(args: SetupArgs, context: Context): Promise<void> {
  const { clock, signal } = context;
  const { config, cluster } = await loadForCluster(configPlaceOf(context), args);
  const startedMs = clock.monotonicMs();
  const { engine, engineVersion: version, dir: directory, container, isTried, gpus, waitSeconds } = args;
  const request = { engine, version, directory, container, isTried, gpus, waitSeconds, cluster };
  for await (const event of setUp({ machine: machineOf(context), config }, request, signal)) {
    if (event.type !== 'setup.done') render(event, engine, context);
    else await finish(event, { engine, config, cluster, startedMs, isTried }, context);
  }
}

function render(event: Exclude<SetupEvent, Done>, engine: string, { output }: Context): void {
  const { title } = findEngineKind(engine);
  if (event.type === 'setup.words') output.busy(event.words);
  else if (event.type === 'setup.planned') {
    const { method, directory, name, what, freeKb, needsKb, isHome } = event.plan;
    const cost = `takes about ${gigabytes(needsKb)} GB (${gigabytes(freeKb)} GB are free) and 5 to 30 minutes`;
    const fields = {
      host: event.host,
      method,
      directory,
      name,
      what,
      freeBytes: freeKb * 1024,
      needsBytes: needsKb * 1024,
    };
    output.event(event.type, fields, `${title}: ${what} by ${method} in ${directory} on ${event.host}; ${cost}`);
    if (isHome) output.warn(`${directory} lies in your home, whose quota may be small: --dir names another directory`);
  } else if (event.type === 'setup.step') output.event(event.type, { step: event.step }, stepWords[event.step]);
  else if (event.type === 'setup.built') {
    const { type, place, version, sizeBytes } = event;
    output.event(
      type,
      { place, version, sizeBytes },
      `built ${version ?? ''} in ${place}: ${bytesText(sizeBytes)} of your quota`,
    );
  } else if (event.type === 'setup.trial')
    output.event(event.type, { jobId: event.jobId }, `job ${event.jobId} tries it on a compute node`);
  else if (event.type === 'setup.tried') {
    const { type, host, words, gpus } = event;
    const seen = gpus === undefined ? '' : `, PyTorch sees ${gpus} GPU${gpus === 1 ? '' : 's'}`;
    output.event(type, { host, words, gpus }, `it runs on ${host}: ${words}${seen}`);
  } else renderEvent(event, output);
}

const stepWords = { venv: 'making the venv', install: 'installing', pull: 'pulling the image' };

interface Finishing {
  engine: string;
  config: FairleadConfig;
  cluster: NamedCluster;
  startedMs: number;
  isTried: boolean;
}

async function finish(
  { command, version, sizeBytes }: Done,
  { engine, config, cluster, startedMs, isTried }: Finishing,
  context: Context,
): Promise<void> {
  const { output, clock } = context;
  const path = context.flags.config ?? userConfigPath(context.env, context.home);
  const before = cluster.config.engines?.[engine]?.command;
  const changed = await writeConfig(path, changedSettings(config, configWith(config, cluster, { engine, command })));
  const was = before && changed ? ` (it was ${shellJoin(before)})` : '';
  const words = `${path}: engines.${engine}.command of ${cluster.name} is ${shellJoin(command)}${was}`;
  output.event('config.written', { path, changed }, words);
  const seconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
  const { title } = findEngineKind(engine);
  const next = isTried ? 'Deploy with: fairlead deploy <model>' : 'Try it with: fairlead doctor --yes';
  output.result(
    { event: 'setup.done', ok: true, engine, cluster: cluster.name, command, version, sizeBytes, seconds },
    `${title} ${version ?? ''} is ready on ${cluster.name} after ${seconds} s. ${next}`,
  );
}

function configWith(
  config: FairleadConfig,
  { name, config: cluster }: NamedCluster,
  { engine, command }: { engine: string; command: readonly string[] },
): FairleadConfig {
  const engines = { ...cluster.engines, [engine]: { ...cluster.engines?.[engine], command: [...command] } };
  return { ...config, clusters: { ...config.clusters, [name]: { ...cluster, engines } } };
}
