// `fairlead top [name…]`: a live view of the instances. On a terminal it is drawn over and over; elsewhere each look is lines.

import { createMetricsReader } from '@fairlead/client/metrics';
import type { Session } from '@fairlead/client';
import { errorText } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';

import type { Context } from '../../context.ts';
import { openCliSession } from '../../open-cli-session.ts';
import type { InstanceLoad } from '../../output/lines/observe-lines.ts';
import { createLoadReader, type LoadReader } from './read-instance.ts';
import { canDraw, openScreen } from './screen.ts';
import { topLine, topText } from './top-text.ts';

export interface TopArgs {
  names: readonly string[];
  once: boolean;
  intervalSeconds: number;
}

/** Between the two looks of `--once`, which make the rates. */
const onceIntervalMs = 1_000;

export async function runTop(args: TopArgs, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const reader = createLoadReader({
    endpoints: (name, signal) => session.api.endpoints(name, signal),
    metrics: createMetricsReader(session),
    clock: context.clock,
  });
  if (args.once) await showOnce({ args, session, reader }, context);
  else await showLive({ args, session, reader }, context);
}

interface Top {
  args: TopArgs;
  session: Session;
  reader: LoadReader;
}

async function showOnce(top: Top, context: Context): Promise<void> {
  const { signal, clock, output } = context;
  await look(top, context);
  await clock.sleep(onceIntervalMs, signal);
  const instances = await look(top, context);
  const atMs = clock.now();
  output.result({ event: 'top', ok: true, atMs, instances }, topText(instances, atMs));
}

/** Ends by Ctrl-C, or when nothing reads any more. Goes on while control is away for a while. */
async function showLive(top: Top, context: Context): Promise<void> {
  const { signal, clock, output, streams } = context;
  using _ = context.watchReader();
  // A name that no deployment has is wrong from the first look on.
  let instances = await look(top, context);
  using screen = !output.json && canDraw(streams.stdout) ? openScreen(streams.stdout) : undefined;
  let trouble: string | undefined;
  while (!signal.aborted) {
    const atMs = clock.now();
    if (screen) screen.draw(`${topText(instances, atMs)}${trouble === undefined ? '' : `\n\n${trouble}`}`);
    else if (output.json) output.event('top', { ok: trouble === undefined, atMs, instances });
    else for (const load of instances) output.text(topLine(load, atMs));
    try {
      await output.drained(signal);
      await clock.sleep(top.args.intervalSeconds * 1000, signal);
      instances = await look(top, context);
      trouble = undefined;
    } catch (error) {
      if (signal.aborted) break;
      const words = `cannot look at the moment (${errorText(error)}); trying again`;
      if (!screen && trouble === undefined) output.warn(words);
      trouble = words;
    }
  }
}

async function look({ args, session, reader }: Top, { signal }: Context): Promise<InstanceLoad[]> {
  return await reader.read(await wantedOf(args, session, signal), signal);
}

async function wantedOf({ names }: TopArgs, { api }: Session, signal: AbortSignal): Promise<DeploymentView[]> {
  if (names.length === 0) return await api.listDeployments({ all: false }, signal);
  return await Promise.all(names.map((name) => api.getDeployment(name, signal)));
}
