// Decides an engine's argv and environment: the plan of its kind, in the job's environment, and in a container if the settings name one. Puts secrets into the environment only. Pure.

import type { Secret } from '@fairlead/kit';
import { type CachePlaces, cacheVariables, placeCaches } from '../caches/cache-variables.ts';
import { containEngine } from '../container/contain-engine.ts';
import type {
  EngineFile,
  EngineKind,
  EnginePlace,
  EnginePlan,
  EngineWanted,
  OptionalArguments,
} from './engine-kind.ts';

/** The agent finds it in /proc/<pid>/environ: so it recognizes a child that left its process group and its parent. */
export const markerVariable = 'FAIRLEAD_INSTANCE';

export interface EngineCommandInput {
  kind: EngineKind;
  wanted: EngineWanted;
  place: EnginePlace;
  instanceId: string;
  /** Of a companion of the engine. Default: the plan of the engine itself. */
  plan?: EnginePlan;
  hfToken?: Secret;
  /** Fits the plan to the engine that is installed. */
  fit?: (plan: EnginePlan) => EnginePlan;
  /** Leaves out the plan's optional arguments, because this engine has reported that it does not know them. */
  isPlain?: boolean;
  /** Where caches may lie, besides the agent's own directory. */
  caches?: Omit<CachePlaces, 'directory'>;
  /** The job's environment. */
  env: NodeJS.ProcessEnv;
}

export interface EngineCommand {
  argv: [string, ...string[]];
  env: Record<string, string>;
  notes: readonly string[];
  /** The optional arguments in `argv`. */
  optional?: OptionalArguments | undefined;
  files: readonly EngineFile[];
  /** Directories that must be there before the start: caches, which a container could not bind otherwise. */
  directories: readonly string[];
}

/** Node's variables for the agent, which would change the engine's helpers and must not reach them. */
const stripped = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', 'NODE_CHANNEL_FD'];

export function engineCommand({
  kind,
  wanted,
  place,
  plan: given,
  fit = (plan) => plan,
  isPlain = false,
  ...job
}: EngineCommandInput): EngineCommand {
  const plan = given ?? fit(kind.plan(wanted, place));
  const jobEnv = inheritedFrom(job.env);
  const own = {
    ...cachesOf({ wanted, place, jobEnv, caches: job.caches }),
    ...plan.fallbacks,
    ...pick(jobEnv, Object.keys(plan.fallbacks ?? {})),
    ...plan.env,
    ...(job.hfToken ? { HF_TOKEN: job.hfToken.reveal() } : {}),
    [markerVariable]: job.instanceId,
  };
  const env = { ...jobEnv, ...own };
  const optional = isPlain ? undefined : plan.optional;
  const [program = '', ...args] = [...plan.argv, ...(optional?.words ?? [])];
  const isNeeded = (name: string) =>
    Object.hasOwn(own, name) || neededVariables.test(name) || kind.variables?.test(name) === true;
  const needed = Object.fromEntries(Object.entries(env).filter(([name]) => isNeeded(name)));
  const directories = cacheVariables.flatMap((name) => needed[name] ?? []).filter((path) => path.startsWith('/'));
  const { notes = [], files = [] } = plan;
  const { container } = wanted;
  if (container) {
    const { caches = {} } = job;
    const argv = [program, ...args];
    const inside = containEngine({ container, wanted, place, argv, env: needed, jobEnv, caches });
    // The agent finds the program that runs the container by the marker too.
    return { ...inside, env: { ...inside.env, [markerVariable]: job.instanceId }, optional, directories, files, notes };
  }
  return {
    argv: [program, ...args],
    env: { ...env, ...prefixedVariables(plan.argv, needed) },
    notes,
    optional,
    files,
    directories,
  };
}

function inheritedFrom(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !stripped.includes(entry[0]),
    ),
  );
}

function pick(variables: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name)));
}

interface CachesInput extends Pick<EngineCommandInput, 'wanted' | 'place'> {
  caches: EngineCommandInput['caches'] | undefined;
  jobEnv: Record<string, string>;
}

/** The agent's directory lies in the job's TMPDIR already, if it is to be used. */
function cachesOf({ wanted, place, jobEnv, caches = {} }: CachesInput): Record<string, string> {
  const isSet = (name: string) => Object.hasOwn(wanted.env, name) || (name !== 'TMPDIR' && Object.hasOwn(jobEnv, name));
  return placeCaches({ ...caches, directory: place.directory }, isSet);
}

/** The variables of the job's environment that every engine needs in a container. Others are up to the site and the user. */
const neededVariables =
  /^(?:CUDA_(?:VISIBLE_DEVICES|DEVICE_ORDER)|(?:ROCR|HIP)_VISIBLE_DEVICES|(?:HF|NCCL|GLOO|UCX|HSA|PYTORCH|TRITON|TORCHINDUCTOR|FLASHINFER)_\w+|XDG_CACHE_HOME|OMP_NUM_THREADS|(?:https?|no|HTTPS?|NO)_(?:proxy|PROXY))$/;
const cleanFlags = ['--cleanenv', '-e', '--containall', '-C'];

/** For a container that the configured command starts itself: one with a clean environment takes only variables with this prefix. */
function prefixedVariables(words: readonly string[], needed: Record<string, string>): Record<string, string> {
  const runtime = words
    .map((word) => word.split('/').at(-1))
    .find((name) => name === 'apptainer' || name === 'singularity');
  if (runtime === undefined || !words.some((word) => cleanFlags.includes(word))) return {};
  return Object.fromEntries(
    Object.entries(needed).map(([name, value]) => [`${runtime.toUpperCase()}ENV_${name}`, value]),
  );
}
