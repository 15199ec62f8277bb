// `fairlead events [name]`: the history as control keeps it, newest last; with -f also what comes, through lost connections too.

import { type Session, watchControl } from '@fairlead/client';
import { backoffMs, defined, errorText, systemRandom } from '@fairlead/kit';
import type { EventView } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { clockTime, indented } from './instance-words.ts';
import { eventsPage, readLastEvents } from './last-events.ts';

export interface EventsArgs {
  name: string | undefined;
  follow: boolean;
  lines: number;
}

const retry = { baseMs: 250, maxMs: 10_000, minMs: 100 };

export async function runEvents(args: EventsArgs, context: Context): Promise<void> {
  const { output, signal } = context;
  await using session = await openCliSession(context);
  const { events, next } = await readLastEvents({ name: args.name, count: args.lines }, session.api, signal);
  // Nothing may have happened to it, or there may be no such thing.
  if (events.length === 0 && args.name !== undefined) await session.api.getDeployment(args.name, signal);
  const show = (event: EventView) => {
    showEvent(event, args, context);
    return output.drained(signal);
  };
  for (const event of events) await show(event);
  if (!args.follow) {
    output.result({ event: 'events.ended', ok: true, name: args.name, shown: events.length }, '');
    return;
  }
  using _ = context.watchReader();
  try {
    await followEvents(args.name, next, { session, context, show });
  } catch (error) {
    if (!signal.aborted) throw error;
    output.result({ event: 'events.ended', ok: false, name: args.name, reason: 'interrupted' }, '');
  }
}

interface Following {
  session: Session;
  context: Context;
  /** Resolves once the reader of our output takes more. */
  show: (event: EventView) => Promise<void>;
}

/** Ends by the signal alone. Whatever is heard of control, and a new connection to it, is a reason to ask for what is new. */
async function followEvents(name: string | undefined, from: number, { session, context, show }: Following) {
  const { signal, output, clock } = context;
  const deployment = defined({ deployment: name });
  const { link } = session;
  const watched = {
    openSocket: () => link.openControl(),
    ownerToken: link.profile.ownerToken,
    query: 'events=true',
  };
  let after = from;
  const catchUp = async () => {
    for (;;) {
      const page = await session.api.events({ ...deployment, after, limit: eventsPage }, signal);
      for (const event of page.events) await show(event);
      after = page.next;
      if (page.events.length < eventsPage) return;
    }
  };
  for (let failures = 0; ;) {
    try {
      for await (const _ of watchControl(watched, signal)) {
        if (failures > 0) output.event('control.back', {}, 'control is back');
        failures = 0;
        await catchUp();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (failures === 0)
        output.event(
          'control.lost',
          { reason: errorText(error) },
          `lost sight of control (${errorText(error)}); trying again`,
        );
      await clock.sleep(backoffMs(retry, failures++, systemRandom()), signal);
    }
  }
}

function showEvent(
  { seq, atMs, deployment, instanceId, kind, message }: EventView,
  args: EventsArgs,
  context: Context,
) {
  const { output } = context;
  if (output.json) output.event('event', { seq, atMs, deployment, instance: instanceId, kind, message });
  else output.text(`${clockTime(atMs)}  ${args.name === undefined ? `${deployment}  ` : ''}${indented(message)}`);
}
