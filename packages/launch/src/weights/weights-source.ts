// Where the weights of a deployment come from and in which cache its engine looks for them. Pure.

import type { ClusterConfig } from '@fairlead/config';
import { findEngineKind } from '@fairlead/engines';
import { defined } from '@fairlead/kit';

import type { DeploymentPlan } from '../plan/plan-deployment.ts';

export interface WeightsSource {
  /** A Hugging Face id, or an absolute path on the cluster. */
  model: string;
  kind: 'hub' | 'folder';
  revision?: string;
  /** As `--download-dir` names it; absent: what HF_HUB_CACHE, HF_HOME or the default say. */
  cacheDir?: string;
  /** Of the engine's process, besides the cluster's. */
  env: Readonly<Record<string, string>>;
  /** The engine's program, after the words that lead into its container. */
  command: readonly string[];
}

type Planned = Pick<DeploymentPlan, 'model' | 'engine' | 'engineSettings'>;

/** Undefined where the engine reads no weights of Hugging Face, and where it makes them up (`--load-format dummy`). */
export function weightsSource({ model, engine, engineSettings }: Planned): WeightsSource | undefined {
  const kind = findEngineKind(engine);
  const { args, env, options } = engineSettings;
  if (!kind.caches.some(({ variable }) => variable === 'HF_HOME')) return undefined;
  if ((valueOf(args, '--load-format') ?? options['loadFormat']) === 'dummy') return undefined;
  const usual = kind.program.kind === 'installed' ? kind.program.command : [];
  const command = engineSettings.command ?? usual;
  return {
    model,
    kind: model.startsWith('/') ? 'folder' : 'hub',
    ...defined({ revision: valueOf(args, '--revision'), cacheDir: valueOf(args, '--download-dir') }),
    env,
    command: command.at(-1) === 'serve' ? command.slice(0, -1) : command,
  };
}

/** Whether nodes have no way to Hugging Face: `offline`, or HF_HUB_OFFLINE among the variables. */
export function isOffline(
  cluster: Pick<ClusterConfig, 'offline' | 'env'>,
  { env }: Pick<WeightsSource, 'env'>,
): boolean {
  const variables = { ...cluster.env, ...env };
  const said = [variables['HF_HUB_OFFLINE'], variables['TRANSFORMERS_OFFLINE']];
  return cluster.offline === true || said.some((value) => /^(1|on|yes|true)$/i.test(value ?? ''));
}

function valueOf(args: readonly string[], flag: string): string | undefined {
  for (const [at, word] of args.entries()) {
    const [name = '', ...rest] = word.split('=');
    if (name.replaceAll('_', '-') !== flag) continue;
    return rest.length > 0 ? rest.join('=') : args[at + 1];
  }
  return undefined;
}
