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

export interface LogsArgs {
  name: string;
  source: LogSource;
  follow: boolean;
  lines: number;
}

export async function runLogs(args: LogsArgs, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const deployment = await session.api.getDeployment(args.name, context.signal);
  const show = (lines: string[]) => {
    for (const line of lines) {
      if (context.output.json) context.output.event('log', { source: args.source, line });
      else context.output.text(line);
    }
  };
  try {
    await readLog(args, { deployment, session, context, show });
  } catch (error) {
    if (!context.signal.aborted) throw error;
  }
  context.output.result({ event: 'logs.ended', ok: true, name: args.name, source: args.source }, '');
}

interface Reading {
  deployment: DeploymentView;
  session: Session;
  context: Context;
  show: (lines: string[]) => void;
}

async function readLog(args: LogsArgs, reading: Reading): Promise<void> {
  const { instance } = reading.deployment;
  if (hasAgent(instance)) {
    try {
      for await (const lines of reading.session.api.logs(instance.id, args, reading.context.signal))
        reading.show(lines);
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

async function readFiles(args: LogsArgs, { deployment, context, show }: Reading): Promise<void> {
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
  for await (const line of site.host.tail(path, { lines: args.lines, follow: args.follow, signal: context.signal }))
    show([line]);
}
