// From what was asked to what will run: model, engine command, resources. Pure; the job script and the spec are made from it.

import { CodedError } from '@fairlead/kit';
import { type ClusterConfig, deploymentName, type FairleadConfig, type PresetConfig } from '@fairlead/protocol';

import { parseSlurmDuration } from '@fairlead/slurm';

import type { CliErrorCode } from '../cli-error.ts';
import { nearest } from '../config/explain-issues.ts';
import { refuseSecretArguments } from '../config/hide-secrets.ts';
import { mediaSettings } from './media-settings.ts';
import { BUILT_IN_PRESETS } from './presets.ts';

export interface DeployRequest {
  /** A preset's name, a Hugging Face id, or a path. */
  what: string;
  name?: string | undefined;
  engine?: 'vllm' | 'sim' | undefined;
  gpus?: number | undefined;
  nodes?: number | undefined;
  time?: string | undefined;
}

export interface DeploymentPlan {
  name: string;
  model: string;
  servedModel: string;
  engine: 'vllm' | 'sim';
  /** Without the socket, which the agent chooses. */
  engineCommand: string[];
  /** A flag and its values, left out for an engine that does not know the flag. */
  optionalArguments: string[];
  engineEnv: Record<string, string>;
  gpus: number;
  nodes: number;
  /** The job's time limit. */
  timeMinutes: number;
  mem?: string;
  cpusPerTask?: number;
}

export const DEFAULT_COMMAND = { vllm: ['vllm', 'serve'], sim: ['{node}', '{engineSim}', 'serve'] };
export const DEFAULT_TIME = '04:00:00';
const MAX_NAME = 40;

export function planDeployment(request: DeployRequest, config: FairleadConfig, cluster: ClusterConfig): DeploymentPlan {
  const preset = findPreset(request.what, config);
  refuseOddModel(preset.model);
  const engine = request.engine ?? preset.engine ?? 'vllm';
  const nodes = request.nodes ?? preset.nodes ?? 1;
  if (nodes !== 1) {
    throw new CodedError<CliErrorCode>(
      'usage',
      `cannot deploy over ${nodes} nodes because this version runs an engine on one node`,
      {
        hint: 'Leave --nodes out, and choose a model that fits the GPUs of one node.',
      },
    );
  }
  const settings = cluster.engines?.[engine];
  const servedModel = preset.servedModel ?? preset.model;
  const gpus = request.gpus ?? preset.gpus ?? (engine === 'sim' ? 0 : 1);
  // What a preset tells one engine means nothing to another.
  const presetArgs = engine === (preset.engine ?? 'vllm') ? (preset.args ?? []) : [];
  const parallel =
    engine === 'vllm' && gpus > 1 && !presetArgs.includes('--tensor-parallel-size')
      ? ['--tensor-parallel-size', String(gpus)]
      : [];
  const givenArgs = [...presetArgs, ...(settings?.args ?? [])];
  refuseSecretArguments(givenArgs);
  const media = engine === 'vllm' ? mediaSettings(cluster.engines?.vllm, givenArgs) : undefined;
  const timeMinutes = minutesOf(request.time ?? preset.time ?? cluster.slurm?.time ?? DEFAULT_TIME);
  const mem = preset.mem ?? cluster.slurm?.mem;
  const cpusPerTask = preset.cpusPerTask ?? cluster.slurm?.cpusPerTask;
  return {
    name: request.name === undefined ? deriveName(request.what) : checkedName(request.name),
    model: preset.model,
    servedModel,
    engine,
    engineCommand: [
      ...(settings?.command ?? DEFAULT_COMMAND[engine]),
      preset.model,
      '--served-model-name',
      servedModel,
      ...parallel,
      ...givenArgs,
      ...(media?.arguments ?? []),
    ],
    optionalArguments: media?.optionalArguments ?? [],
    engineEnv: { ...media?.env, ...preset.env, ...settings?.env },
    gpus,
    nodes,
    timeMinutes,
    ...(mem === undefined ? {} : { mem }),
    ...(cpusPerTask === undefined ? {} : { cpusPerTask }),
  };
}

/** The engine gets it as one argument: a dash would make it an option, and no shell expands a tilde. */
function refuseOddModel(model: string): void {
  if (!/^[-~$]/.test(model)) return;
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot deploy ${JSON.stringify(model)} because a model is a Hugging Face id or an absolute path on the cluster`,
    { hint: 'Write the path out, beginning with /.' },
  );
}

function checkedName(name: string): string {
  const checked = deploymentName.safeParse(name);
  if (checked.success) return checked.data;
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot call a deployment ${JSON.stringify(name)}: a name ${checked.error.issues[0]?.message}`,
    { hint: `For example --name ${deriveName(name)}` },
  );
}

function minutesOf(time: string): number {
  const minutes = parseSlurmDuration(time);
  if (minutes !== undefined && minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw new CodedError<CliErrorCode>('usage', `cannot use the time limit ${JSON.stringify(time)}`, {
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
    .slice(0, MAX_NAME)
    .replace(/-+$/, '');
  return slug === '' ? 'model' : slug;
}

function findPreset(what: string, config: FairleadConfig): PresetConfig {
  const presets = { ...BUILT_IN_PRESETS, ...config.presets };
  // Every object has a `constructor`.
  const preset = Object.hasOwn(presets, what) ? presets[what] : undefined;
  if (preset) return preset;
  // A slash makes it a Hugging Face id or a path; without one it can only be a preset.
  if (what.includes('/')) return { model: what };
  const names = Object.keys(presets);
  const near = nearest(what, names) ?? presetOfModel(what, presets);
  throw new CodedError<CliErrorCode>(
    'preset_unknown',
    `cannot deploy ${what || '""'} because no preset has that name`,
    {
      hint: `${near ? `Did you mean ${near}? ` : ''}Presets: ${names.join(', ')}. A model without a preset is named by its Hugging Face id (org/model) or an absolute path.`,
    },
  );
}

/** The preset whose model is called like that, with or without its organisation. */
function presetOfModel(what: string, presets: Record<string, PresetConfig>): string | undefined {
  const byModel = new Map(Object.entries(presets).map(([name, { model }]) => [model.split('/').at(-1) ?? model, name]));
  return byModel.get(nearest(what, [...byModel.keys()]) ?? '');
}
