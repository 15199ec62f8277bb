// Takes the resources of a deployment from the planner where neither a flag nor a setting says them. Pure.

import type { ClusterConfig, PresetConfig } from '@fairlead/config';
import type { PresetSettings } from '@fairlead/engines';
import { CodedError, defined } from '@fairlead/kit';
import {
  builtInModels,
  defaultWish,
  findGpusOfGres,
  gpuLabel,
  type ModelFacts,
  type NoPlace,
  pickPlan,
  type Place,
  type Reason,
  type WantedSplit,
  type Wish,
} from '@fairlead/planner';
import { parseSlurmDuration } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { DeployRequest } from './deploy-request.ts';
import { givesFlag, numberOf } from './engine-flags.ts';
import type { SiteFacts } from './site-facts.ts';

export interface Sizing {
  request: DeployRequest;
  /** The model's facts; its options and arguments are those that the plan may add. */
  model: ModelFacts;
  /** What the user's own preset says; empty for a built-in one. */
  own: Partial<PresetConfig>;
  /** The arguments that settings give the engine. */
  args: readonly string[];
  cluster: ClusterConfig;
  site: SiteFacts;
}

export interface Sized {
  gpus: number;
  nodes: number;
  partition?: string;
  gpuType?: string;
  cpusPerTask: number;
  mem: string;
  /** Absent: a flag or a setting says it. */
  hours?: number;
  /** What the plan tells the engine; settings and flags are stronger. */
  engine: PresetSettings;
  reasons: Reason[];
  warnings: readonly string[];
}

/** Undefined where nothing is known of the GPUs that the settings name, and for an engine without GPUs. Throws `does_not_fit`. */
export function sizeDeployment(sizing: Sizing): Sized | undefined {
  const { model, cluster, site } = sizing;
  const places = placesFor(sizing);
  if (places.length === 0) return undefined;
  const siblings = builtInModels.filter(({ name }) => model.siblings?.includes(name) ?? false);
  const minutes = minutesSaid(sizing);
  const hours = minutes === undefined ? undefined : minutes / 60;
  const plan = pickPlan(model, places, { wish: wishOf(sizing), siblings, ...defined({ hours }) });
  if (!plan.fits) throw refusal(plan, sizing);
  const { layout, job, place } = plan;
  const said = saidWords(sizing);
  const reasons = plan.reasons.filter(({ of }) => !said.some((one) => one.of === of));
  const gresType = cluster.gpu?.request === 'none' ? undefined : (cluster.gpu?.type ?? place.gresType);
  return {
    gpus: layout.gpusPerNode,
    nodes: layout.nodes,
    ...defined({ partition: cluster.slurm?.partition ?? place.partition, gpuType: gresType }),
    cpusPerTask: job.cpus,
    mem: `${job.memoryGb}G`,
    ...(said.some(({ of }) => of === 'time') ? {} : { hours: job.hours }),
    engine: { options: plan.options, args: plan.args },
    reasons: [{ of: 'site', why: site.from }, ...reasons, ...said],
    warnings: plan.warnings,
  };
}

/** The places that the settings leave, each with the GPUs that they name. */
function placesFor({ request, model, own, args, cluster, site }: Sizing): Place[] {
  const wantedNodes = request.nodes ?? own.nodes;
  const wantedSplit = splitOf(args, model);
  const { tp, pp, copies = 1 } = wantedSplit;
  const split = ((tp ?? 1) * (pp ?? 1) * copies) / (wantedNodes ?? 1);
  const isSplit = (tp ?? pp) !== undefined && split > 1;
  const wantedGpus = request.gpus ?? own.gpus ?? (isSplit ? Math.ceil(split) : undefined);
  // An engine that computes on CPUs: the planner counts GPUs.
  if (wantedGpus === 0) return [];
  const most = wantedGpus === undefined ? usualNodes(model) : 1;
  const wantedHours = (minutesSaid({ request, own, cluster }) ?? 0) / 60;
  const places = site.places
    .filter((place) => isInPartition(place, cluster.slurm?.partition) && hasType(place, cluster.gpu?.type))
    .map((place) => ({
      ...place,
      nodes: wantedNodes === undefined ? Math.min(most, place.nodes) : place.nodes,
      wantedSplit,
      ...defined({ wantedGpus, wantedNodes }),
    }));
  const long = places.filter(({ maxHours = Infinity }) => maxHours >= wantedHours);
  return long.length > 0 ? long : places;
}

function splitOf(args: readonly string[], { options }: ModelFacts): WantedSplit {
  const isOff = givesFlag(args, '--no-enable-expert-parallel');
  const isOn = options?.['expertParallel'] === true || givesFlag(args, '--enable-expert-parallel');
  return defined({
    spreadsExperts: isOn && !isOff ? true : undefined,
    tp: numberOf(args, '--tensor-parallel-size'),
    pp: numberOf(args, '--pipeline-parallel-size'),
    copies: numberOf(args, '--data-parallel-size'),
  });
}

/** Why the settings leave no place of a site that has some; undefined if they leave one. */
export function unplannedWords({ cluster, site }: Pick<Sizing, 'cluster' | 'site'>): string | undefined {
  const { partition } = cluster.slurm ?? {};
  const type = cluster.gpu?.type;
  if (site.places.length === 0) return undefined;
  const listed = site.places.filter((place) => isInPartition(place, partition));
  const unknown = (setting: string, what: string, known: readonly (string | undefined)[]) =>
    `${setting} is not in ${site.from}, so this was not planned. ${what} there: ${[...new Set(known)].join(', ')}`;
  if (listed.length === 0) {
    const names = site.places.map((place) => place.partition);
    return unknown(`slurm.partition ${partition}`, 'Partitions with GPUs', names);
  }
  if (listed.some((place) => hasType(place, type))) return undefined;
  const labels = listed.map(({ gpu, gresType }) => gresType ?? gpuLabel(gpu));
  return unknown(`gpu.type ${type}`, partition === undefined ? 'GPUs' : `GPUs of ${partition}`, labels);
}

function isInPartition(place: Place, partition: string | undefined): boolean {
  return partition === undefined || partition.split(',').includes(place.partition ?? '');
}

function hasType(place: Place, type: string | undefined): boolean {
  return type === undefined || place.gresType === type || findGpusOfGres(type).includes(place.gpu);
}

/** Over more nodes than it was made for a model is spread only where the user says so: the network between them may be slow. */
function usualNodes({ name }: ModelFacts): number {
  return builtInModels.find((one) => one.name === name)?.fits.nodes ?? 1;
}

function wishOf({ request, model, args }: Sizing): Wish {
  const usual = defaultWish(model);
  const asked = numberOf(args, '--max-model-len');
  const sequences = numberOf(args, '--max-num-seqs');
  return {
    context: request.context ?? asked ?? usual.context,
    // A limit below the usual number of requests is what there will be at most.
    concurrency: request.concurrency ?? Math.min(usual.concurrency, sequences ?? usual.concurrency),
    kvCacheDtype: request.kvCache ?? usual.kvCacheDtype,
  };
}

function minutesSaid({ request, own, cluster }: Pick<Sizing, 'request' | 'own' | 'cluster'>): number | undefined {
  const text = request.time ?? own.time ?? cluster.slurm?.time;
  return text === undefined ? undefined : parseSlurmDuration(text);
}

/** What flags and settings say, as reasons; they replace those of the plan. */
function saidWords({ request, own, cluster: { slurm = {} } }: Sizing): Reason[] {
  const said: [of: string, word: string | number | undefined, from: string][] = [
    ['CPUs', own.cpusPerTask ?? slurm.cpusPerTask, own.cpusPerTask === undefined ? 'slurm.cpusPerTask' : 'the preset'],
    ['memory', own.mem ?? slurm.mem, own.mem === undefined ? 'slurm.mem' : 'the preset'],
    ['time', own.time ?? slurm.time, own.time === undefined ? 'slurm.time' : 'the preset'],
  ];
  const words = request.time === undefined ? said : [...said.slice(0, 2), ['time', request.time, '--time'] as const];
  return words.flatMap(([of, word, from]) => (word === undefined ? [] : [{ of, why: `${word}, from ${from}` }]));
}

function refusal({ why, changes }: NoPlace, { request, model, site }: Sizing): CodedError<LaunchErrorCode> {
  const [change, ...others] = changes;
  const command = (one: NoPlace['changes'][number]) =>
    one.flags === undefined && one.model === undefined
      ? one.what
      : `${one.what}: fairlead deploy ${one.model ?? request.what}${one.flags === undefined ? '' : ` ${one.flags}`}`;
  const smallest = change
    ? `The smallest change that would do: ${command(change)}.`
    : 'No change of one step would do.';
  const more = others.slice(0, 2).map((one) => ` Or ${command(one)}.`);
  return new CodedError(
    'does_not_fit',
    `cannot deploy ${model.name} because it fits nowhere on ${site.title}: ${why}`,
    {
      hint: `${smallest}${more.join('')} \`fairlead plan ${model.name}\` shows the numbers; --no-plan deploys it all the same, with the settings as they are.`,
    },
  );
}
