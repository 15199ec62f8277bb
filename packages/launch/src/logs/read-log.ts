// A deployment's log: through the live agent where there is one, else from the job's files on the cluster.

import { join } from 'node:path/posix';

import { pickCluster } from '@fairlead/config';
import { CodedError, errorText } from '@fairlead/kit';
import {
  type DeploymentView,
  type InstanceNode,
  type InstanceView,
  isEnded,
  leadInstance,
  type LogSource,
} from '@fairlead/protocol';

import type { ControlSession } from '../control-session.ts';
import { type LaunchDeps, streamRun } from '../launch-deps.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { WorkEvent } from '../launch-event.ts';
import type { Host } from '../host/host.ts';
import type { Run } from '../machine.ts';
import { openSite } from '../site/open-site.ts';
import type { Teller } from '../stream-events.ts';
import { linesAfter } from './lines-after.ts';
import { mergeByTime } from './merge-by-time.ts';

export type LogEvent =
  | WorkEvent
  /** `node`: whose they are, where the logs of all nodes are read. */
  | { type: 'log.lines'; lines: readonly string[]; node?: LogNode };

export type LogNode = Pick<InstanceNode, 'rank' | 'host'>;

export interface LogRequest {
  name: string;
  source: LogSource;
  /** Rank of the node whose log it is, over several nodes; `all`: the logs of all of them. Default 0. */
  node?: number | 'all' | undefined;
  /** How many of the last lines come first. */
  lines: number;
  /** Whether further lines come as they are written; else the log ends with the last one. */
  follow: boolean;
}

type NodeLogRequest = Omit<LogRequest, 'node'> & { node?: number | undefined };

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
    const reading = { deps, request, deployment, session, run };
    const nodes = request.node === 'all' && request.source !== 'job' ? leadInstance(deployment).nodes : [];
    if (nodes.length > 1) return await readNodes(reading, nodes, deliver);
    const node = request.node === 'all' ? undefined : request.node;
    await readFrom({
      ...reading,
      request: { ...request, node },
      ...rememberLines((lines) => deliver({ type: 'log.lines', lines })),
    });
  });
}

/**
 * The logs of all nodes: in the order of their times, or as the lines come where they are followed. A node whose log cannot be read is
 * named in a warning; throws where none can be read.
 */
async function readNodes(
  reading: Omit<Reading, 'shown' | 'show' | 'request'> & { request: LogRequest },
  nodes: readonly LogNode[],
  deliver: Teller<LogEvent>['deliver'],
): Promise<void> {
  const { request, run } = reading;
  const parts = nodes.map(({ rank, host }) => ({ node: { rank, host }, lines: [] as string[] }));
  const failures: unknown[] = [];
  await eachAtOnce(parts, async ({ node, lines: held }) => {
    const take = async (lines: readonly string[]) => {
      if (request.follow) await deliver({ type: 'log.lines', lines, node });
      else held.push(...lines);
    };
    try {
      await readFrom({ ...reading, request: { ...request, node: node.rank }, ...rememberLines(take) });
    } catch (error) {
      run.signal.throwIfAborted();
      failures.push(error);
      run.tell({ type: 'warning', message: `${node.host} (rank ${node.rank}): ${errorText(error)}` });
    }
  });
  if (failures.length === nodes.length) throw failures[0];
  for (const { node, line } of mergeByTime(parts)) await deliver({ type: 'log.lines', lines: [line], node });
}

/** Rejects with the first failure, when all have ended. */
async function eachAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(items.map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Lines by which the place is found again where one source fails. */
const maxRemembered = 1000;

function rememberLines(deliver: (lines: readonly string[]) => Promise<void>) {
  const shown: string[] = [];
  const show = async (lines: readonly string[]) => {
    shown.push(...lines);
    if (shown.length > maxRemembered) shown.splice(0, shown.length - maxRemembered);
    await deliver(lines);
  };
  return { shown, show };
}

interface Reading {
  deps: LaunchDeps;
  request: NodeLogRequest;
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
function logFiles({ source, node }: NodeLogRequest): string[] {
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
