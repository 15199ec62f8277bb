// What is chosen for a cluster from what was found: without a person only what is plain. Pure but for the questions.

import { formatSlurmDuration, parseSlurmDuration, type SlurmPartition } from '@fairlead/scheduler';
import { type ClusterConfig, defaults } from '@fairlead/config';
import { findEngineKind } from '@fairlead/engines';

import type { Asker } from '../context.ts';
import { describePartition } from '../doctor/slurm/judge-request.ts';
import { commandWith, type EngineFound, type SiteFound } from './init-discover.ts';

/** Settings that the cluster does not have yet. `known` is what flags and file say; it is never changed. */
export async function chooseSettings(
  known: ClusterConfig,
  found: SiteFound,
  ask: Asker | undefined,
): Promise<ClusterConfig> {
  // With a site profile the plan of each deployment chooses partition and GPU type.
  const isPlanned = known.site !== undefined;
  const partition = known.slurm?.partition ?? (isPlanned ? undefined : await choosePartition(found.partitions, ask));
  const offered = found.partitions.find(({ name }) => name === partition);
  const account = known.slurm?.account ?? (await chooseAccount(found, partition, ask));
  const type = known.gpu?.type ?? (isPlanned ? undefined : await chooseGpuType(offered, ask));
  const time = known.slurm?.time ?? shorterTime(offered);
  const hfHome = known.env?.['HF_HOME'] ?? (found.hfHome ? undefined : below(found.scratch));
  const engines = await chooseEngines(known, found, ask);
  const slurm = { ...known.slurm, ...defined({ partition, account, time }) };
  const gpu = { ...known.gpu, ...defined({ type }) };
  const env = { ...known.env, ...defined({ HF_HOME: hfHome }) };
  return {
    ...known,
    ...(Object.keys(slurm).length > 0 ? { slurm } : {}),
    ...(Object.keys(gpu).length > 0 ? { gpu } : {}),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(Object.keys(engines).length > 0 ? { engines: { ...known.engines, ...engines } } : {}),
  };
}

/** The cluster's default where it has GPUs, else the partition with GPUs that has most nodes to offer. */
export function pickPartition(partitions: readonly SlurmPartition[]): SlurmPartition | undefined {
  const usable = partitions.filter(({ isUp, gpus }) => isUp && gpus.length > 0);
  return usable.find(({ isDefault }) => isDefault) ?? usable.toSorted((a, b) => b.usableNodes - a.usableNodes)[0];
}

async function choosePartition(partitions: readonly SlurmPartition[], ask: Asker | undefined) {
  const best = pickPartition(partitions);
  const up = partitions.filter(({ isUp }) => isUp);
  if (!ask || up.length < 2) return best?.name;
  const inOrder = best ? [best, ...up.filter((other) => other !== best)] : up;
  return ask.choose(
    'Which partition do your jobs run in?',
    inOrder.map((partition) => ({ value: partition.name, label: describePartition(partition) })),
  );
}

/** Slurm has a default account for each user: only a person may want another one. */
async function chooseAccount({ associations = [] }: SiteFound, partition: string | undefined, ask: Asker | undefined) {
  const usable = associations.filter((one) => one.partition === undefined || one.partition === partition);
  const names = [...new Set(usable.map(({ account }) => account))];
  if (!ask || names.length < 2) return undefined;
  const chosen = await ask.choose('Which account do they charge?', [
    { value: '', label: "Slurm's default for you" },
    ...names.map((name) => ({ value: name, label: name })),
  ]);
  return chosen === '' ? undefined : chosen;
}

async function chooseGpuType(partition: SlurmPartition | undefined, ask: Asker | undefined) {
  const types = (partition?.gpus ?? []).flatMap(({ type }) => (type === undefined ? [] : [type]));
  if (types.length === 1 && partition?.gpus.length === 1) return types[0];
  if (!ask || types.length === 0) return undefined;
  const chosen = await ask.choose('Which GPUs?', [
    { value: '', label: 'any' },
    ...types.map((type) => ({ value: type, label: type })),
  ]);
  return chosen === '' ? undefined : chosen;
}

/** Settings of the engines whose command is chosen here. */
async function chooseEngines(
  { engines: configured = {} }: ClusterConfig,
  found: SiteFound,
  ask: Asker | undefined,
): Promise<NonNullable<ClusterConfig['engines']>> {
  const chosen: NonNullable<ClusterConfig['engines']> = {};
  for (const engine of found.engines) {
    const settings = configured[engine.name];
    const program = settings?.command ? undefined : await chooseProgram(engine, ask);
    if (program !== undefined) chosen[engine.name] = { ...settings, command: commandWith(program, engine) };
  }
  return chosen;
}

/** Undefined where the program on the PATH serves, and where none is chosen. */
async function chooseProgram({ name, program, elsewhere }: EngineFound, ask: Asker | undefined) {
  if (program !== undefined || elsewhere.length === 0) return undefined;
  if (!ask) return elsewhere.length === 1 ? elsewhere[0] : undefined;
  const chosen = await ask.choose(`Which ${findEngineKind(name).title} serves models?`, [
    ...elsewhere.map((path) => ({ value: path, label: path })),
    { value: '', label: 'none of these' },
  ]);
  return chosen === '' ? undefined : chosen;
}

/** Where the partition allows less than jobs ask for by default, they would never start. */
function shorterTime(partition: SlurmPartition | undefined): string | undefined {
  const most = partition?.maxMinutes;
  return most !== undefined && most < (parseSlurmDuration(defaults.time) ?? 0) ? formatSlurmDuration(most) : undefined;
}

function below(scratch: string | undefined): string | undefined {
  return scratch === undefined ? undefined : `${scratch.replace(/\/$/, '')}/huggingface`;
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
