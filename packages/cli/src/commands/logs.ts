// `fairlead logs <name>`: through the live agent where there is one, else from the job's files on the cluster.

import { join } from 'node:path/posix';

import { CodedError, errorText } from '@fairlead/kit';
import type { Session } from '@fairlead/client';
import { type DeploymentView, type InstanceView, isEnded, type LogSource } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import { loadConfig, pickCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { openSite } from '../site/open-site.ts';
import { linesAfter } from './lines-after.ts';

export interface LogsArgs {
  name: string;
  source: LogSource;
  follow: boolean;
  lines: number;
}

export async function runLogs(args: LogsArgs, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const deployment = await session.api.getDeployment(args.name, context.signal);
  const { shown, show } = showLines(args.source, context);
  using _ = args.follow ? context.watchReader() : undefined;
  try {
    await readLog(args, { deployment, session, context, shown, show });
    context.output.result({ event: 'logs.ended', ok: true, name: args.name, source: args.source }, '');
  } catch (error) {
    if (!context.signal.aborted) throw error;
    const { name, source } = args;
    context.output.result({ event: 'logs.ended', ok: false, name, source, reason: 'interrupted' }, '');
  }
}

/** Shows lines as fast as they are read, and keeps the last of them in mind. */
export function showLines(source: LogSource, { output, signal }: Pick<Context, 'output' | 'signal'>) {
  const shown: string[] = [];
  const show = async (lines: readonly string[]) => {
    shown.push(...lines);
    if (shown.length > MOST_REMEMBERED) shown.splice(0, shown.length - MOST_REMEMBERED);
    for (const line of lines) {
      if (output.json) output.event('log', { source, line });
      else output.logLine(line);
      await output.drained(signal);
    }
  };
  return { shown, show };
}

/** Lines by which the place is found again where one source fails. */
const MOST_REMEMBERED = 1000;

interface Reading {
  deployment: DeploymentView;
  session: Session;
  context: Context;
  /** The last of what was shown. */
  shown: readonly string[];
  /** Resolves once the reader of our output takes more. */
  show: (lines: string[]) => Promise<void>;
}

async function readLog(args: LogsArgs, reading: Reading): Promise<void> {
  const { instance } = reading.deployment;
  if (hasAgent(instance)) {
    try {
      for await (const lines of reading.session.api.logs(instance.id, args, reading.context.signal))
        await reading.show(lines);
      return;
    } catch (error) {
      reading.context.signal.throwIfAborted();
      reading.context.output.warn(
        `could not read the log through the agent (${errorText(error)}); reading the files on ${reading.deployment.cluster}`,
      );
    }
  }
  await readFiles(args, reading);
}

function hasAgent(instance: InstanceView): boolean {
  return instance.leaseUntilMs !== undefined && !isEnded(instance.state);
}

async function readFiles(args: LogsArgs, { deployment, context, shown, show }: Reading): Promise<void> {
  const { config } = await loadConfig(context);
  await using site = await openSite(pickCluster(config, deployment.cluster), context);
  const path = join(deployment.instance.jobDir, `${args.source}.log`);
  const there = await site.host.runner.run(['test', '-r', path]);
  if (there.code !== 0) {
    throw new CodedError<CliErrorCode>(
      'logs_unavailable',
      `cannot show the ${args.source} log of ${args.name} because ${path} is not there yet on ${deployment.cluster}`,
      {
        hint: `The job may not have started: \`fairlead status ${args.name}\`. Other logs: --source job, agent or engine.`,
      },
    );
  }
  const tail = (lines: number, follow: boolean) => site.host.tail(path, { lines, follow, signal: context.signal });
  if (shown.length === 0) {
    for await (const line of tail(args.lines, args.follow)) await show([line]);
    return;
  }
  // The agent's connection broke in the middle: what it has shown is not shown again.
  const block = await Array.fromAsync(tail(Math.max(args.lines, shown.length), false));
  if (!args.follow) return await show(linesAfter(shown, block));
  const again: string[] = [];
  for await (const line of tail(block.length, true)) {
    if (again.push(line) > block.length) await show([line]);
    else if (again.length === block.length) await show(linesAfter(shown, again));
  }
}
