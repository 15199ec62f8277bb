// From what was asked to what will run: model, engine command, resources. Pure; the job script and the spec are made from it.

import { CodedError, defined, nearestNames } from '@fairlead/kit';
import {
  builtInPresets,
  type ClusterConfig,
  engineSettingsOf,
  type FairleadConfig,
  type PresetConfig,
  refuseSecretArguments,
  defaults,
} from '@fairlead/config';
import { defaultEngine, type EngineKind, type EngineSettings, findEngineKind } from '@fairlead/engines';
import { deploymentName } from '@fairlead/protocol';

import { parseSlurmDuration } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';

export interface DeployRequest {
  /** A preset's name, a Hugging Face id, or a path. */
  what: string;
  name?: string | undefined;
  engine?: string | undefined;
  gpus?: number | undefined;
  nodes?: number | undefined;
  time?: string | undefined;
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
}

const maxName = 40;

export function planDeployment(request: DeployRequest, config: FairleadConfig, cluster: ClusterConfig): DeploymentPlan {
  const preset = findPreset(request.what, config);
  refuseOddModel(preset.model);
  const kind = findEngineKind(request.engine ?? preset.engine ?? defaultEngine);
  const nodes = request.nodes ?? preset.nodes ?? 1;
  if (nodes !== 1) {
    throw new CodedError<LaunchErrorCode>(
      'usage',
      `cannot deploy over ${nodes} nodes because this version runs an engine on one node`,
      {
        hint: 'Leave --nodes out, and choose a model that fits the GPUs of one node.',
      },
    );
  }
  const servedModel = preset.servedModel ?? preset.model;
  const { engineSettings, risks } = planEngine(kind, preset, cluster);
  const timeMinutes = minutesOf(request.time ?? preset.time ?? cluster.slurm?.time ?? defaults.time);
  const mem = preset.mem ?? cluster.slurm?.mem;
  const cpusPerTask = preset.cpusPerTask ?? cluster.slurm?.cpusPerTask;
  return {
    name: request.name === undefined ? deriveName(request.what) : checkedName(request.name),
    model: preset.model,
    servedModel,
    engine: kind.name,
    engineSettings,
    risks,
    gpus: request.gpus ?? preset.gpus ?? kind.defaultGpus,
    nodes,
    timeMinutes,
    ...defined({ mem, cpusPerTask }),
  };
}

/** Throws `config_invalid` for what contradicts itself and for a secret among the arguments. */
function planEngine(
  kind: EngineKind,
  preset: PresetConfig,
  cluster: ClusterConfig,
): Pick<DeploymentPlan, 'engineSettings' | 'risks'> {
  const own = engineSettingsOf(cluster.engines?.[kind.name]);
  // What a preset tells one engine means nothing to another.
  const presetArgs = kind.name === (preset.engine ?? defaultEngine) ? (preset.args ?? []) : [];
  const engineSettings = {
    ...own,
    args: [...presetArgs, ...own.args],
    env: { ...offlineEnv(kind, cluster), ...preset.env, ...own.env },
  };
  refuseSecretArguments([...(own.command ?? []), ...engineSettings.args], kind.secretFlags);
  const { model, servedModel = model } = preset;
  const { problems, risks } = kind.check(engineSettings, { model, servedModel });
  const [problem] = problems;
  if (!problem) return { engineSettings, risks };
  const path = `engines.${kind.name}.${problem.path}`;
  throw new CodedError<LaunchErrorCode>(
    'config_invalid',
    `cannot start ${kind.title} because of ${path}: ${problem.message}`,
    { hint: `Correct ${path} of this cluster, or the arguments of the preset.` },
  );
}

function offlineEnv(kind: EngineKind, { offline }: ClusterConfig): Record<string, string> {
  const readsHub = kind.caches.some(({ variable }) => variable === 'HF_HOME');
  return offline === true && readsHub ? { HF_HUB_OFFLINE: '1' } : {};
}

/** The engine gets it as one argument: a dash would make it an option, and no shell expands a tilde. */
function refuseOddModel(model: string): void {
  if (!/^[-~$]/.test(model)) return;
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

function findPreset(what: string, config: FairleadConfig): PresetConfig {
  const presets = { ...builtInPresets, ...config.presets };
  // Every object has a `constructor`.
  const preset = Object.hasOwn(presets, what) ? presets[what] : undefined;
  if (preset) return preset;
  // A slash makes it a Hugging Face id or a path; without one it can only be a preset.
  if (what.includes('/')) return { model: what };
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
