// Decides the engine's argv and environment from the spec. Pure: secrets come in, and go into the environment only.

import type { Secret } from '@fairlead/kit';
import type { EngineSpec } from '@fairlead/protocol';

/** Found again in /proc/<pid>/environ: how a child that left its group and its parent is still known as ours. */
export const MARKER_VARIABLE = 'FAIRLEAD_INSTANCE';

export interface EngineCommandInput {
  engine: EngineSpec;
  instanceId: string;
  /** The agent's own Node. */
  nodePath: string;
  /** The simulator's program: one file, or Node's options and a file in source runs. */
  engineSim: readonly string[];
  socketPath: string;
  /** The node-local 0700 directory. */
  directory: string;
  engineKey: Secret;
  hfToken?: Secret;
  /** Leaves out the spec's optional arguments: this engine has been seen not to know them. */
  isPlain?: boolean;
  /** The job's environment. */
  env: NodeJS.ProcessEnv;
}

export interface EngineCommand {
  argv: [string, ...string[]];
  env: Record<string, string>;
}

/** Variables of Node's own that would change what the engine's helpers do, and ours. */
const STRIPPED = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', 'NODE_CHANNEL_FD'];

export function engineCommand(input: EngineCommandInput): EngineCommand {
  const words = input.engine.command.flatMap((word) => {
    if (word === '{engineSim}') return [...input.engineSim];
    return [word.replaceAll('{node}', input.nodePath)];
  });
  const [program = '', ...args] = words;
  const optional = input.isPlain ? [] : input.engine.optionalArguments;
  const env = engineEnvironment(input);
  return {
    argv: [program, ...args, ...optional, '--uds', input.socketPath],
    env: { ...env, ...containerEnvironment(words, env) },
  };
}

/** What the engine needs of its environment; the rest is the site's and the user's affair. */
const NEEDED =
  /^(?:CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|NO_COLOR|HF_\w+|VLLM_\w+|NCCL_\w+|GLOO_\w+|FAIRLEAD_INSTANCE)$/;
const CLEAN_FLAGS = ['--cleanenv', '-e', '--containall', '-C'];

/** A container that is started with a clean environment takes variables by this prefix alone (apptainer(1), ENVIRONMENT). */
function containerEnvironment(words: readonly string[], env: Record<string, string>): Record<string, string> {
  const runtime = words
    .map((word) => word.split('/').at(-1))
    .find((name) => name === 'apptainer' || name === 'singularity');
  if (runtime === undefined || !words.some((word) => CLEAN_FLAGS.includes(word))) return {};
  const needed = Object.entries(env).filter(([name]) => NEEDED.test(name));
  return Object.fromEntries(needed.map(([name, value]) => [`${runtime.toUpperCase()}ENV_${name}`, value]));
}

function engineEnvironment(input: EngineCommandInput): Record<string, string> {
  const inherited = Object.entries(input.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !STRIPPED.includes(entry[0]),
  );
  return {
    ...Object.fromEntries(inherited),
    // The phase display reads lines, not colours.
    NO_COLOR: '1',
    VLLM_LOGGING_COLOR: '0',
    // zmq's ipc paths are this and 37 characters, at most 107 in all; a site's TMPDIR may be too long for that.
    VLLM_RPC_BASE_PATH: input.directory,
    ...input.engine.env,
    ...(input.hfToken ? { HF_TOKEN: input.hfToken.reveal() } : {}),
    VLLM_API_KEY: input.engineKey.reveal(),
    [MARKER_VARIABLE]: input.instanceId,
  };
}
