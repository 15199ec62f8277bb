// A deployment's log: through the live agent where there is one, else from the job's files on the cluster.

import { join } from 'node:path/posix';

import { pickCluster } from '@fairlead/config';
import { CodedError, errorText } from '@fairlead/kit';
import { type DeploymentView, type InstanceView, isEnded, leadInstance, type LogSource } from '@fairlead/protocol';

import type { ControlSession } from '../control-session.ts';
import { type LaunchDeps, streamRun } from '../launch-deps.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { WorkEvent } from '../launch-event.ts';
import type { Host } from '../host/host.ts';
import type { Run } from '../machine.ts';
import { openSite } from '../site/open-site.ts';
import type { Teller } from '../stream-events.ts';
import { linesAfter } from './lines-after.ts';

export type LogEvent = WorkEvent | { type: 'log.lines'; lines: readonly string[] };

export interface LogRequest {
  name: string;
  source: LogSource;
  /** Rank of the node whose log it is, over several nodes. Default 0. */
  node?: number | undefined;
  /** How many of the last lines come first. */
  lines: number;
  /** Whether further lines come as they are written; else the log ends with the last one. */
  follow: boolean;
}

/**
 * Reads no faster than its reader. Throws `logs_unavailable` where the file is not there yet, and the signal's reason. Leaving the loop
 * closes what it opened.
 */
export function readLog(
  deps: LaunchDeps,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogEvent, void, undefined> {
  return streamRun<LogEvent>(deps, signal, async (run, deliver) => {
    await using session = await deps.openSession(run.signal);
    const deployment = await session.api.getDeployment(request.name, run.signal);
    await readFrom({ deps, request, deployment, session, run, ...rememberLines(deliver) });
  });
}

/** Lines by which the place is found again where one source fails. */
const maxRemembered = 1000;

function rememberLines(deliver: Teller<LogEvent>['deliver']) {
  const shown: string[] = [];
  const show = async (lines: readonly string[]) => {
    shown.push(...lines);
    if (shown.length > maxRemembered) shown.splice(0, shown.length - maxRemembered);
    await deliver({ type: 'log.lines', lines });
  };
  return { shown, show };
}

interface Reading {
  deps: LaunchDeps;
  request: LogRequest;
  deployment: DeploymentView;
  session: ControlSession;
  run: Run;
  /** The last of what was shown. */
  shown: readonly string[];
  /** Resolves once the reader takes more. */
  show: (lines: readonly string[]) => Promise<void>;
}

async function readFrom(reading: Reading): Promise<void> {
  const { request, deployment, session, run } = reading;
  const instance = leadInstance(deployment);
  if (hasAgent(instance)) {
    try {
      for await (const lines of session.api.logs(instance.id, request, run.signal)) await reading.show(lines);
      return;
    } catch (error) {
      run.signal.throwIfAborted();
      const message = `could not read the log through the agent (${errorText(error)}); reading the files on ${deployment.cluster}`;
      run.tell({ type: 'warning', message });
    }
  }
  await readFiles(reading);
}

/** Each node of a job over several nodes has files of its own; the output of the job is one file. */
function logFiles({ source, node }: LogRequest): string[] {
  const shared = `${source}.log`;
  if (source === 'job') return [shared];
  if (node === undefined) return [shared, `${source}.0.log`];
  return [`${source}.${node}.log`, ...(node === 0 ? [shared] : [])];
}

function hasAgent(instance: InstanceView): boolean {
  return instance.leaseUntilMs !== undefined && !isEnded(instance.state);
}

async function firstReadable({ runner }: Host, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if ((await runner.run(['test', '-r', path])).code === 0) return path;
  return undefined;
}

async function readFiles({ deps, request, deployment, run, shown, show }: Reading): Promise<void> {
  const { name, source, lines, follow } = request;
  await using site = await openSite(pickCluster(deps.config, deployment.cluster), run);
  const paths = logFiles(request).map((file) => join(leadInstance(deployment).jobDir, file));
  const path = await firstReadable(site.host, paths);
  if (path === undefined) {
    throw new CodedError<LaunchErrorCode>(
      'logs_unavailable',
      `cannot show the ${source} log of ${name} because ${paths[0]} is not there yet on ${deployment.cluster}`,
      {
        hint: `The job may not have started: \`fairlead status ${name}\`. Other logs: --source job, agent or engine.`,
      },
    );
  }
  const tail = (count: number, goOn: boolean) =>
    site.host.tail(path, { lines: count, follow: goOn, signal: run.signal });
  if (shown.length === 0) {
    for await (const line of tail(lines, follow)) await show([line]);
    return;
  }
  // The agent's connection broke in the middle: what it has shown is not shown again.
  const block = await Array.fromAsync(tail(Math.max(lines, shown.length), false));
  if (!follow) return await show(linesAfter(shown, block));
  const again: string[] = [];
  for await (const line of tail(block.length, true)) {
    if (again.push(line) > block.length) await show([line]);
    else if (again.length === block.length) await show(linesAfter(shown, again));
  }
}
