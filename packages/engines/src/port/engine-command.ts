// Decides an engine's argv and environment: the plan of its kind, in the job's environment. Puts secrets into the environment only. Pure.

import type { Secret } from '@fairlead/kit';
import type { EngineKind, EnginePlace, EnginePlan, EngineWanted, OptionalArguments } from './engine-kind.ts';

/** The agent finds it in /proc/<pid>/environ: so it recognizes a child that left its process group and its parent. */
export const markerVariable = 'FAIRLEAD_INSTANCE';

export interface EngineCommandInput {
  kind: EngineKind;
  wanted: EngineWanted;
  place: EnginePlace;
  instanceId: string;
  hfToken?: Secret;
  /** Fits the plan to the engine that is installed. */
  fit?: (plan: EnginePlan) => EnginePlan;
  /** Leaves out the plan's optional arguments, because this engine has reported that it does not know them. */
  isPlain?: boolean;
  /** The job's environment. */
  env: NodeJS.ProcessEnv;
}

export interface EngineCommand {
  argv: [string, ...string[]];
  env: Record<string, string>;
  notes: readonly string[];
  /** The optional arguments in `argv`. */
  optional?: OptionalArguments | undefined;
}

/** Node's variables for the agent, which would change the engine's helpers and must not reach them. */
const stripped = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', 'NODE_CHANNEL_FD'];

export function engineCommand({
  kind,
  wanted,
  place,
  fit = (plan) => plan,
  isPlain = false,
  ...job
}: EngineCommandInput): EngineCommand {
  const plan = fit(kind.plan(wanted, place));
  const inherited = Object.entries(job.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !stripped.includes(entry[0]),
  );
  const own = {
    ...plan.env,
    ...(job.hfToken ? { HF_TOKEN: job.hfToken.reveal() } : {}),
    [markerVariable]: job.instanceId,
  };
  const env = { ...Object.fromEntries(inherited), ...own };
  const [program = '', ...args] = plan.argv;
  const optional = isPlain ? undefined : plan.optional;
  const isNeeded = (name: string) =>
    Object.hasOwn(own, name) || neededVariables.test(name) || kind.variables?.test(name) === true;
  return {
    argv: [program, ...args, ...(optional?.words ?? [])],
    env: { ...env, ...containerEnvironment(plan.argv, env, isNeeded) },
    notes: plan.notes ?? [],
    optional,
  };
}

/** The variables of the job's environment that every engine needs in a container. Others are up to the site and the user. */
const neededVariables = /^(?:CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|HF_\w+|NCCL_\w+|GLOO_\w+)$/;
const cleanFlags = ['--cleanenv', '-e', '--containall', '-C'];

/** A container with a clean environment takes only variables with this prefix (apptainer(1), ENVIRONMENT). */
function containerEnvironment(
  words: readonly string[],
  env: Record<string, string>,
  isNeeded: (name: string) => boolean,
): Record<string, string> {
  const runtime = words
    .map((word) => word.split('/').at(-1))
    .find((name) => name === 'apptainer' || name === 'singularity');
  if (runtime === undefined || !words.some((word) => cleanFlags.includes(word))) return {};
  const needed = Object.entries(env).filter(([name]) => isNeeded(name));
  return Object.fromEntries(needed.map(([name, value]) => [`${runtime.toUpperCase()}ENV_${name}`, value]));
}
