// Decides which of the two SSH drivers logs in to a host: ours, unless only the system's ssh can. A reason that `ssh -G` names
// decides this for every connection; without one, both drivers are tried. Changes nothing but the route that it returns.

import { CodedError, isCodedError } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';
import type { SshErrorCode } from '@fairlead/ssh';

import { launchRun } from '../launch/launch-run.ts';
import type { Context } from '../context.ts';
import { openRoute, resolveRoute } from '@fairlead/launch/login';

/** After these failures the system's ssh may still log in: it has more methods, and may have another way to the host. */
const mattersOfDriver: readonly SshErrorCode[] = [
  'auth_failed',
  'passphrase_needed',
  'agent_unavailable',
  'key_unreadable',
  'ssh_config_invalid',
  'dns',
  'timeout',
  'unreachable',
];

/** The route with `driver: ssh` where that is needed and works, else the route unchanged: the next login reports the failure. */
export async function chooseDriver(route: SshRoute, context: Context): Promise<SshRoute> {
  if (route.driver !== undefined) return route;
  const named = await reasonNamed(route, context);
  if (named !== undefined) {
    const words = `${route.host}: the system's ssh logs in, because ${named}`;
    context.output.event(
      'driver.chosen',
      { host: route.host, driver: 'ssh', because: 'ssh_config', why: named },
      words,
    );
    return route;
  }
  const ours = await tryRoute(route, context);
  if (ours === undefined || !isCodedError(ours, ...mattersOfDriver)) return route;
  const other: SshRoute = { ...route, driver: 'ssh' };
  const { sshTerminal: _, ...silent } = context;
  const theirs = await tryRoute(other, silent);
  if (theirs === undefined) return say(other, ours, context);
  // A password or a code may be missing: the person has it.
  if (!context.ask || !isCodedError(theirs, 'auth_failed')) return route;
  const question = `${ours.message}.\nThe system's ssh can ask you for a password or a code when it logs in to ${route.host}. Use it?`;
  return (await context.ask.confirm(question, false)) ? say(other, ours, context) : route;
}

/** Undefined where `ssh -G` names nothing that our own driver cannot do, and where ssh cannot be asked. */
async function reasonNamed(route: SshRoute, context: Context): Promise<string | undefined> {
  try {
    return (await resolveRoute(route, launchRun(context))).system?.because;
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return undefined;
  }
}

function say(route: SshRoute, ours: CodedError, { output }: Context): SshRoute {
  const words = `${route.host}: the system's ssh logs in (driver: ssh), for Fairlead's own cannot: ${ours.message}`;
  output.event('driver.chosen', { host: route.host, driver: 'ssh', because: ours.code }, words);
  return route;
}

/** Undefined where it works. */
async function tryRoute(route: SshRoute, context: Context): Promise<CodedError | undefined> {
  try {
    const { connection } = await openRoute(route, launchRun(context));
    await connection[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof CodedError) return error;
    throw error;
  }
}
