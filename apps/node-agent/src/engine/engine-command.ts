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
  return { argv: [program, ...args, '--uds', input.socketPath], env: engineEnvironment(input) };
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
