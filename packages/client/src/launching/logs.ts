// A deployment's log, from a program.

import { silentLog } from '@fairlead/kit';
import type { LogEvent } from '@fairlead/launch';

import { configPlace, launchDeps, type LaunchOptions, loadLaunching } from './launch-options.ts';

export interface LogsOptions extends LaunchOptions {
  /** The engine's own lines, the agent's, or those of the job's script. Default: engine. */
  source?: 'engine' | 'agent' | 'job';
  /** Rank of the node whose log it is, for a job over several; `all`: of all nodes, each line after the name of its node. Default: 0. */
  node?: number | 'all';
  /** How many of the last lines come first. Default: 100. */
  lines?: number;
  /** Goes on with further lines until the loop is left or the signal fires, which throws its reason. */
  follow?: boolean;
}

/**
 * The lines as they come, read no faster than they are taken: through the agent while it lives, else from the job's files on the cluster.
 * Warnings go to `log`. Throws a CodedError: `deployment_unknown`, `logs_unavailable`.
 */
export async function* logs(name: string, options: LogsOptions = {}): AsyncGenerator<string, void, undefined> {
  options.signal?.throwIfAborted();
  const { log = silentLog, source = 'engine', node, lines = 100, follow = false } = options;
  const warn = (message: string) => log.warn({ op: 'logs', deployment: name }, message);
  const { loadConfig } = await import('@fairlead/config');
  const { readLog } = await loadLaunching();
  const { config } = await loadConfig(configPlace(options, warn));
  const signal = options.signal ?? new AbortController().signal;
  for await (const event of readLog(launchDeps(options, config), { name, source, node, lines, follow }, signal)) {
    if (event.type === 'log.lines') yield* withNode(event);
    else if (event.type === 'warning') warn(event.message);
  }
}

function* withNode({ lines, node }: Extract<LogEvent, { type: 'log.lines' }>): Generator<string> {
  for (const line of lines) yield node ? `${node.host} (rank ${node.rank}): ${line}` : line;
}
