// `fairlead dashboard <name>`: holds a local port open at which the dashboard beside the engine answers, until Ctrl-C.

import { connect } from '@fairlead/client';
import { CodedError, createSecret, untilAborted } from '@fairlead/kit';
import { ensureProfile } from '../bastion/ensure-profile.ts';
import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { sessionOptions } from '../session-options.ts';
import { pageUrl } from './dashboard/decide-page-request.ts';
import { openPagePort } from './dashboard/open-page-port.ts';

export interface DashboardArgs {
  name: string;
  port?: number | undefined;
}

/** Where the front answers as the dashboard. */
const prefix = '/fairlead/dashboard';

export async function runDashboard({ name, port = 0 }: DashboardArgs, context: Context): Promise<void> {
  const { output, signal } = context;
  await ensureProfile(context);
  output.busy(`connecting to ${name}`);
  await using connection = await connect(name, { ...sessionOptions(context), port: false });
  const { fetch } = connection;
  const first = await fetch(`${prefix}/api/version`, { signal });
  await first.body?.cancel();
  if (first.status === 404) throw noDashboard(name);
  if (!first.ok) throw badDashboard(name, first.status);
  const token = createSecret('fld-');
  await using page = await openPagePort({ fetch, prefix, token, port });
  const url = pageUrl(page.port, token);
  output.result(
    { event: 'dashboard.opened', ok: true, name, url },
    `The dashboard of ${name} is at\n\n  ${url}\n\nThe URL is for you alone: who has it can run code in your job. Ctrl-C closes the port; the job goes on.`,
  );
  try {
    await untilAborted(connection.ended, signal);
    output.event('connection.ended', { ok: true, name }, `${name} has ended; closing the port`);
  } catch (error) {
    if (!signal.aborted) throw error;
    output.event('connection.ended', { ok: false, name, reason: 'interrupted' });
  }
}

function noDashboard(name: string): CodedError<CliErrorCode> {
  return new CodedError('dashboard_missing', `cannot open a dashboard of ${name} because it was deployed without one`, {
    hint: 'Deploy it with `--set engines.vllm.executor=ray --set engines.vllm.dashboard=true`, over several nodes.',
  });
}

function badDashboard(name: string, status: number): CodedError<CliErrorCode> {
  return new CodedError('dashboard_missing', `cannot open the dashboard of ${name} because it answers ${status}`, {
    hint: `See \`fairlead logs ${name} --node 0\`.`,
    retryable: true,
  });
}
