// From what was asked to what will run: model, engine command, resources. Pure; the job script and the spec are made from it.

import { CodedError, defined, nearestNames } from '@fairlead/kit';
import {
  builtInModels,
  type Cost,
  maxConcurrency,
  maxSequences,
  type ModelFacts,
  type Reason,
} from '@fairlead/planner';
import {
  builtInPresets,
  type ClusterConfig,
  engineSettingsOf,
  plannedEngine,
  type FairleadConfig,
  type PresetConfig,
  refuseSecretArguments,
  defaults,
} from '@fairlead/config';
import {
  checkContainer,
  defaultEngine,
  type EngineKind,
  type EngineSettings,
  findEngineKind,
  type PresetSettings,
} from '@fairlead/engines';
import { deploymentName } from '@fairlead/protocol';

import { parseSlurmDuration, type SbatchDirectives } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { DeployRequest } from './deploy-request.ts';
import { ncclVariables } from './nccl-variables.ts';
import { placementOf } from './placement.ts';
import { costOf } from './price.ts';
import type { SiteFacts } from './site-facts.ts';
import { type Sized, sizeDeployment, unplannedWords } from './size-deployment.ts';

/** What is known besides the settings. */
export interface KnownFacts {
  site?: SiteFacts | undefined;
  /** Facts of a model that is no preset. */
  model?: ModelFacts | undefined;
}

export interface DeploymentPlan {
  name: string;
  model: string;
  servedModel: string;
  engine: string;
  /** What is wanted of the engine; the agent makes its command line of it. */
  engineSettings: EngineSettings;
  /** What the user has to know before it is started: one sentence each. */
  risks: readonly string[];
  gpus: number;
  nodes: number;
  /** The job's time limit. */
  timeMinutes: number;
  mem?: string;
  cpusPerTask?: number;
  /** Absent: the setting, else the cluster's default. */
  partition?: string;
  /** Slurm's GPU type. Absent: the setting. */
  gpuType?: string;
  exclusive?: SbatchDirectives['exclusive'];
  /** Over several nodes only. */
  switches?: SbatchDirectives['switches'];
  /** Slurm's names of nodes to leave out. */
  exclude?: readonly string[];
  /** Why each of these is as it is. Empty where the planner was not asked. */
  reasons: readonly Reason[];
  /** Absent where no price is known, and without GPUs. */
  cost?: Cost;
}

const maxName = 40;
const defaultHours = (parseSlurmDuration(defaults.time) ?? 0) / 60;

/** Pure. Throws a CodedError for what cannot be deployed: `does_not_fit` where the planner finds no place. */
export function planDeployment(
  request: DeployRequest,
  config: FairleadConfig,
  cluster: ClusterConfig,
  known: KnownFacts = {},
): DeploymentPlan {
  const { preset: found, isOwn } = findPreset(request.what, config);
  refuseOddModel(found.model);
  const kind = findEngineKind(engineOf(request, config));
  const sized = sizedBy(request, { preset: found, isOwn, kind, cluster, known });
  const preset = sized ? sizedPreset({ preset: found, isOwn, kind }, sized) : found;
  const nodes = request.nodes ?? (isOwn ? found.nodes : undefined) ?? sized?.nodes ?? preset.nodes ?? 1;
  const { engineSettings, risks } = planEngine(kind, preset, { cluster, wished: wishOptions(request, kind) });
  const timeText = request.time ?? preset.time ?? cluster.slurm?.time;
  const timeMinutes = timeText === undefined ? Math.ceil((sized?.hours ?? defaultHours) * 60) : minutesOf(timeText);
  refuseSeveralNodes(nodes, { kind, cluster, engineSettings });
  const gpus = request.gpus ?? preset.gpus ?? sized?.gpus ?? kind.defaultGpus;
  const { partition, gpuType } = sized ?? {};
  const { idleWords, ...placement } = placementOf({ preset, cluster, site: known.site, nodes, gpus, partition });
  const unplanned = sized || !known.site || gpus === 0 ? undefined : unplannedWords({ cluster, site: known.site });
  return {
    name: request.name === undefined ? deriveName(request.what) : checkedName(request.name),
    model: preset.model,
    servedModel: preset.servedModel ?? preset.model,
    engine: kind.name,
    engineSettings,
    risks: [...risks, ...(sized?.warnings ?? []), ...[unplanned, idleWords].filter((words) => words !== undefined)],
    gpus,
    nodes,
    timeMinutes,
    ...placement,
    reasons: sized?.reasons ?? [],
    ...defined({
      mem: preset.mem ?? cluster.slurm?.mem ?? sized?.mem,
      cpusPerTask: preset.cpusPerTask ?? cluster.slurm?.cpusPerTask ?? sized?.cpusPerTask,
      partition,
      gpuType,
      cost: costOf(cluster.cost ?? known.site?.cost, gpus * nodes, timeMinutes),
    }),
  };
}

interface OverNodes {
  kind: EngineKind;
  cluster: ClusterConfig;
  engineSettings: EngineSettings;
}

function refuseSeveralNodes(nodes: number, { kind, cluster, engineSettings }: OverNodes): void {
  if (nodes === 1) return;
  const refuse = (why: string, hint: string) => {
    throw new CodedError<LaunchErrorCode>('usage', `cannot deploy over ${nodes} nodes because ${why}`, { hint });
  };
  const oneNode = 'Leave --nodes out, or choose a model that fits one node: `fairlead plan <model>`.';
  if (cluster.kind === 'local') refuse('a local cluster is one node', oneNode);
  if (!kind.checkNodes) refuse(`${kind.title} runs on one node`, oneNode);
  const [problem] = kind.checkNodes?.(engineSettings, nodes) ?? [];
  if (problem)
    refuse(`engines.${kind.name}.${problem.path}: ${problem.message}`, 'Correct it for this deployment: --set.');
}

interface Unsized {
  preset: PresetConfig;
  isOwn: boolean;
  kind: EngineKind;
  cluster: ClusterConfig;
  known: KnownFacts;
}

/** Undefined where the planner knows nothing of the model, the engine or the site, or is not to be asked. */
function sizedBy(request: DeployRequest, { preset, isOwn, kind, cluster, known }: Unsized): Sized | undefined {
  const { site } = known;
  const model = factsOf(preset.model) ?? known.model;
  const isAsked = request.plan ?? preset.plan ?? true;
  if (!site || !model || !isAsked || kind.name !== plannedEngine) return undefined;
  const own: Partial<PresetConfig> = isOwn ? preset : {};
  const ofCluster = engineSettingsOf(cluster.engines?.[kind.name]);
  const wordsOf = ({ options = {}, args = [] }: Partial<PresetSettings>) => [
    ...(kind.argumentsOf?.(options) ?? []),
    ...args,
  ];
  // A setting that is false is no word of vLLM's command line, and yet it is stronger than the model's own.
  const withoutExperts = ofCluster.options?.['expertParallel'] === false ? ['--no-enable-expert-parallel'] : [];
  const args = [
    ...wordsOf(defined({ options: own.options, args: own.args })),
    ...wordsOf(ofCluster),
    ...withoutExperts,
  ];
  // A preset with arguments of its own names its parsers itself.
  const facts = own.args === undefined && own.options === undefined ? model : { ...model, options: {}, args: [] };
  return sizeDeployment({ request, model: facts, own, args, cluster, site });
}

/** The preset as it is deployed: what the planner says takes the place of what a built-in preset says, and completes one of the user's. */
function sizedPreset(
  { preset, isOwn, kind }: Pick<Unsized, 'preset' | 'isOwn' | 'kind'>,
  { engine }: Sized,
): PresetConfig {
  if (isOwn) {
    const { args = [], options = {} } = preset;
    const { combine = (weaker: PresetSettings) => weaker } = kind;
    const beside = combine(engine, { args, options, env: {} });
    return { ...preset, args: [...beside.args, ...args], options: { ...beside.options, ...options } as Options };
  }
  const { gpus: _gpus, mem: _mem, cpusPerTask: _cpus, time: _time, nodes: _nodes, ...rest } = preset;
  return { ...rest, args: [...engine.args], options: engine.options as Options };
}

/** JSON, because planner and configuration read them as such. */
type Options = NonNullable<PresetConfig['options']>;

/** Settings for what the flags of a deployment say; they replace those of presets and configuration. */
function wishOptions({ context, concurrency, kvCache }: DeployRequest, kind: EngineKind): EngineSettings['options'] {
  const options = defined({
    maxModelLen: context,
    maxNumSeqs: concurrency === undefined ? undefined : maxSequences({ concurrency }),
    kvCacheDtype: kvCache,
  });
  if (concurrency !== undefined && concurrency > maxConcurrency) {
    throw new CodedError<LaunchErrorCode>(
      'usage',
      `cannot use --concurrency ${concurrency} because a plan counts on at most ${maxConcurrency} requests at a time`,
      { hint: 'More of them wait for their turn.' },
    );
  }
  if (Object.keys(options).length === 0 || kind.name === plannedEngine) return options;
  throw new CodedError<LaunchErrorCode>(
    'usage',
    `cannot use --context, --concurrency or --kv-cache with ${kind.title} because they are settings of vLLM`,
    { hint: `Say it in the words of ${kind.title}: engines.${kind.name}.args.` },
  );
}

/** Facts of a model of the catalogue, by its Hugging Face id. */
export function factsOf(model: string): ModelFacts | undefined {
  const wanted = model.toLowerCase();
  return builtInModels.find((one) => one.model.toLowerCase() === wanted);
}

/** Throws `config_invalid` for what contradicts itself and for a secret among the arguments. */
function planEngine(
  kind: EngineKind,
  preset: PresetConfig,
  { cluster, wished }: { cluster: ClusterConfig; wished: EngineSettings['options'] },
): Pick<DeploymentPlan, 'engineSettings' | 'risks'> {
  const own = engineSettingsOf(cluster.engines?.[kind.name]);
  // What a preset tells one engine means nothing to another.
  const isMeant = kind.name === (preset.engine ?? defaultEngine);
  const fromPreset = isMeant ? { args: preset.args ?? [], options: preset.options ?? {} } : { args: [], options: {} };
  const { combine = (weaker: PresetSettings) => weaker } = kind;
  const beside = combine(fromPreset, own);
  const configured = { args: [...beside.args, ...own.args], options: { ...beside.options, ...own.options } };
  const unwished = combine(configured, { args: [], env: {}, options: wished });
  const engineSettings = {
    ...own,
    args: unwished.args,
    env: { ...offlineVariables(kind, cluster), ...ncclVariables(cluster), ...preset.env, ...own.env },
    options: { ...unwished.options, ...wished },
  };
  refuseSecretArguments([...(own.command ?? []), ...engineSettings.args], kind.secretFlags);
  const { model, servedModel = model } = preset;
  const { problems, risks } = kind.check(engineSettings, { model, servedModel });
  const [problem] = [...problems, ...checkContainer(engineSettings)];
  if (!problem) return { engineSettings, risks };
  const path = `engines.${kind.name}.${problem.path}`;
  throw new CodedError<LaunchErrorCode>(
    'config_invalid',
    `cannot start ${kind.title} because of ${path}: ${problem.message}`,
    { hint: `Correct ${path} of this cluster, or \`args\` and \`options\` of the preset.` },
  );
}

/** Without them, an engine that reads the hub waits for minutes on such a node, and then fails. What `env` says of them wins. */
function offlineVariables(kind: EngineKind, { offline, env = {} }: ClusterConfig): Record<string, string> {
  const readsHub = kind.caches.some(({ variable }) => variable === 'HF_HOME');
  if (offline !== true || !readsHub) return {};
  const variables = {
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    HF_DATASETS_OFFLINE: '1',
    VLLM_NO_USAGE_STATS: '1',
  };
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !Object.hasOwn(env, name)));
}

/** The engine gets it as one argument, in a directory of the node: a dash would make it an option, no shell expands a tilde, and a relative path leads nowhere. */
function refuseOddModel(model: string): void {
  if (!/^[-~$.]/.test(model)) return;
  throw new CodedError<LaunchErrorCode>(
    'usage',
    `cannot deploy ${JSON.stringify(model)} because a model is a Hugging Face id or an absolute path on the cluster`,
    { hint: 'Write the path out, beginning with /.' },
  );
}

function checkedName(name: string): string {
  const checked = deploymentName.safeParse(name);
  if (checked.success) return checked.data;
  throw new CodedError<LaunchErrorCode>(
    'usage',
    `cannot call a deployment ${JSON.stringify(name)}: a name ${checked.error.issues[0]?.message}`,
    { hint: `For example --name ${deriveName(name)}` },
  );
}

function minutesOf(time: string): number {
  const minutes = parseSlurmDuration(time);
  if (minutes !== undefined && minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw new CodedError<LaunchErrorCode>('usage', `cannot use the time limit ${JSON.stringify(time)}`, {
    hint: 'Write it as Slurm does: 90 (minutes), 04:00:00, 1-12 (a day and twelve hours).',
  });
}

/** A name that control accepts, made of a model's id: `meta-llama/Llama-3.1-8B` → `llama-3-1-8b`. */
export function deriveName(what: string): string {
  const last = what.split('/').filter(Boolean).at(-1) ?? '';
  const slug = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, maxName)
    .replace(/-+$/, '');
  return slug === '' ? 'model' : slug;
}

/** `isOwn`: from the configuration. */
/** The engine that a request names, or its preset does. Throws `preset_unknown`. */
export function engineOf({ engine, what }: Pick<DeployRequest, 'engine' | 'what'>, config: FairleadConfig): string {
  return engine ?? findPreset(what, config).preset.engine ?? defaultEngine;
}

function findPreset(what: string, config: FairleadConfig): { preset: PresetConfig; isOwn: boolean } {
  const presets = { ...builtInPresets, ...config.presets };
  // Every object has a `constructor`.
  const preset = Object.hasOwn(presets, what) ? presets[what] : undefined;
  if (preset) return { preset, isOwn: config.presets !== undefined && Object.hasOwn(config.presets, what) };
  // A slash makes it a Hugging Face id or a path; without one it can only be a preset.
  if (what.includes('/')) return { preset: { model: what }, isOwn: false };
  const names = Object.keys(presets);
  const near = nearestNames(what, names)[0] ?? presetOfModel(what, presets);
  throw new CodedError<LaunchErrorCode>(
    'preset_unknown',
    `cannot deploy ${what || '""'} because no preset has that name`,
    {
      hint: `${near ? `Did you mean ${near}? ` : ''}Presets: ${ownNames(config).join(', ')}, and those that \`fairlead models\` lists. A model without a preset is named by its Hugging Face id (org/model) or an absolute path.`,
    },
  );
}

/** The presets that are no model of the catalogue. */
function ownNames({ presets = {} }: FairleadConfig): string[] {
  return ['demo', ...Object.keys(presets).filter((name) => name !== 'demo')];
}

/** The preset whose model is called like that, with or without its organisation. */
function presetOfModel(what: string, presets: Record<string, PresetConfig>): string | undefined {
  const byModel = new Map(Object.entries(presets).map(([name, { model }]) => [model.split('/').at(-1) ?? model, name]));
  return byModel.get(nearestNames(what, [...byModel.keys()])[0] ?? '');
}
