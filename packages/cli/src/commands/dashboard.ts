// `fairlead dashboard <name>`: holds a local port open at which the dashboard beside the engine answers, until Ctrl-C.

import { connect, type Fetch } from '@fairlead/client';
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
const startLimitMs = 60_000;
const askAgainMs = 500;

export async function runDashboard({ name, port = 0 }: DashboardArgs, context: Context): Promise<void> {
  const { output, signal } = context;
  await ensureProfile(context);
  output.busy(`connecting to ${name}`);
  await using connection = await connect(name, { ...sessionOptions(context), port: false });
  const { fetch } = connection;
  const status = await firstStatus(fetch, context);
  if (status === 404) throw noDashboard(name);
  if (status !== 200) throw badDashboard(name, status);
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

/** A dashboard listens later than Ray itself: it is asked again for some time. */
async function firstStatus(fetch: Fetch, { clock, signal }: Context): Promise<number> {
  const untilMs = clock.monotonicMs() + startLimitMs;
  for (;;) {
    const { status, body } = await fetch(`${prefix}/api/version`, { signal });
    await body?.cancel();
    if (status < 500 || clock.monotonicMs() > untilMs) return status;
    await clock.sleep(askAgainMs, signal);
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
