// Which of the two SSH drivers logs in to a host: ours, unless only the system's ssh can. Tries, and changes nothing.

import { CodedError, isCodedError } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { openRoute } from './open-route.ts';

/** Failures that mean "these keys do not do"; others are no matter of who logs in. */
const MATTERS_OF_LOGIN = [
  'auth_failed',
  'passphrase_needed',
  'agent_unavailable',
  'key_unreadable',
  'ssh_config_invalid',
];

/** The route with `driver: ssh` where that is needed and works; else as it is: the login that comes next says why not. */
export async function chooseDriver(route: SshRoute, context: Context): Promise<SshRoute> {
  if (route.driver !== undefined) return route;
  const ours = await tryRoute(route, context);
  if (ours === undefined || !isCodedError(ours, ...MATTERS_OF_LOGIN)) return route;
  const other: SshRoute = { ...route, driver: 'ssh' };
  const { sshTerminal: _, ...silent } = context;
  const theirs = await tryRoute(other, silent);
  if (theirs === undefined) return say(other, ours, context);
  // What it lacks may be a password or a code, which a person has.
  if (!context.ask || !isCodedError(theirs, 'auth_failed')) return route;
  const question = `${ours.message}.\nThe system's ssh can ask you for a password or a code when it logs in to ${route.host}. Use it?`;
  return (await context.ask.confirm(question, false)) ? say(other, ours, context) : route;
}

function say(route: SshRoute, ours: CodedError, { output }: Context): SshRoute {
  const words = `${route.host}: the system's ssh logs in (driver: ssh), for Fairlead's own cannot: ${ours.message}`;
  output.event('driver.chosen', { host: route.host, driver: 'ssh', because: ours.code }, words);
  return route;
}

/** Undefined where it works. */
async function tryRoute(route: SshRoute, context: Context): Promise<CodedError | undefined> {
  try {
    const { connection } = await openRoute(route, context);
    await connection[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof CodedError) return error;
    throw error;
  }
}
