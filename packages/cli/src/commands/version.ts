// `fairlead version`: the versions of everything that works together, and what to do where they differ.

import { openSession } from '@fairlead/client/session';
import { CodedError, errorText } from '@fairlead/kit';
import { isEnded, ourVersions } from '@fairlead/protocol';

import { exit } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { table } from '../output/table.ts';
import { sessionOptions } from '../session-options.ts';
import { type AgentVersion, type ControlVersion, versionAdvice } from './version-advice.ts';

type Found =
  | { control: ControlVersion; agents: Array<AgentVersion & { instance: string }> }
  | { error: { code: string; message: string } };

export async function runVersion(version: string, context: Context): Promise<void> {
  const { output } = context;
  const cli = { version, protocol: ourVersions };
  output.busy('asking control');
  const found = await ask(context);
  output.close();
  const advice = 'error' in found ? [] : versionAdvice(cli, found.control, found.agents);
  const isFine = !('error' in found) || found.error.code === 'profile_missing';
  if (!isFine) context.setExitCode(exit.unreachable);
  output.result({ event: 'versions', ok: isFine, cli, ...found, advice }, versionText(cli, found, advice));
}

/** Prepares nothing: a machine that was never set up has a version too. */
async function ask(context: Context): Promise<Found> {
  try {
    await using session = await openSession(sessionOptions(context));
    const [hello, deployments] = await Promise.all([
      session.api.hello(context.signal),
      session.api.listDeployments({}, context.signal),
    ]);
    const agents = deployments.flatMap(({ name, instances }) =>
      instances
        .filter(({ state, leaseUntilMs }) => !isEnded(state) && leaseUntilMs !== undefined)
        .map(({ id, agent }) => ({ deployment: name, instance: id, ...agent })),
    );
    return {
      control: { version: hello.controlVersion, protocol: hello.protocol },
      agents,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    return { error: { code: error instanceof CodedError ? error.code : 'internal', message: errorText(error) } };
  }
}

function versionText(cli: ControlVersion, found: Found, advice: string[]): string {
  const rows = [['fairlead', cli.version, rangeText(cli.protocol)]];
  if (!('error' in found)) {
    rows.push(['control', found.control.version, rangeText(found.control.protocol)]);
    for (const { deployment, version, protocol } of found.agents)
      rows.push([
        `agent of ${deployment}`,
        version ?? 'unknown',
        protocol === undefined ? 'unknown' : String(protocol),
      ]);
  }
  const rest = 'error' in found ? [`control: ${found.error.message}`] : advice;
  return [table(['PROGRAM', 'VERSION', 'PROTOCOL'], rows), ...rest].join('\n');
}

function rangeText({ min, max }: { min: number; max: number }): string {
  return min === max ? String(max) : `${min} to ${max}`;
}
