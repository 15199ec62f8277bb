// One route to a host, taken in two steps: asked (name, port, host key; nothing of the user's is sent), then logged in.

import { CodedError, detach, markHandled } from '@fairlead/kit';

import { openSsh } from '../connection/open-ssh.ts';
import type { OpenSshOptions, SshConnection } from '../connection/ssh-connection.ts';
import type { SshTarget } from '../ssh-target.ts';

export interface RouteCandidate {
  /** Resolves when the host has shown a key that is believed; rejects as openSsh does. */
  readonly answered: Promise<void>;
  /** Goes on where asking stopped. The caller closes the connection. */
  logIn(): Promise<SshConnection>;
  /** Whether the login came as far as the host itself; else a jump host is what failed. */
  readonly isAtHost: boolean;
  /** Hangs up. Not for a connection that is open. */
  drop(): void;
}

/** Asks at once. End it with `logIn` or `drop`. */
export function askRoute(target: SshTarget, options: OpenSshOptions): RouteCandidate {
  return target.system ? askForSystem(target, options) : askHeld(target, options);
}

function askHeld(target: SshTarget, options: OpenSshOptions): RouteCandidate {
  const dropped = new AbortController();
  const answered = Promise.withResolvers<void>();
  const wanted = Promise.withResolvers<void>();
  let isAtHost = target.jump === undefined;
  const onJumped = () => {
    isAtHost = true;
  };
  const held = openSsh(target, {
    ...options,
    signal: options.signal ? AbortSignal.any([options.signal, dropped.signal]) : dropped.signal,
    stages: {
      hold: () => {
        answered.resolve();
        return wanted.promise;
      },
      onJumped,
    },
  });
  let isOver = false;
  held.then(
    () => answered.resolve(),
    (error: unknown) => {
      isOver = true;
      answered.reject(error);
    },
  );
  // The race may be over: then no caller waits for this.
  markHandled(answered.promise);
  return {
    answered: answered.promise,
    get isAtHost() {
      return isAtHost;
    },
    // A server that hung up while this route was held is dialled again.
    logIn() {
      if (isOver) return openSsh(target, options);
      wanted.resolve();
      return held;
    },
    drop() {
      dropped.abort(new CodedError('connection_lost', 'another route was taken'));
    },
  };
}

/**
 * The system's ssh cannot stop before it logs in, so ours looks whether the host answers at all, and ssh then judges its
 * key. Where another program or host is between, there is nothing to look at: it counts as an answer.
 */
function askForSystem(target: SshTarget, options: OpenSshOptions): RouteCandidate {
  const { system, ...direct } = target;
  const look = system?.settings.isProxied || system?.proxyJump ? undefined : askHeld(withoutPerson(direct), options);
  const answered = look ? look.answered.catch(unlessSilent).finally(() => look.drop()) : Promise.resolve();
  markHandled(answered);
  return {
    answered,
    isAtHost: true,
    logIn: () => openSsh(target, options),
    drop: () => look?.drop(),
  };
}

function withoutPerson(target: SshTarget): SshTarget {
  const { hostKeys } = target;
  if (hostKeys.kind === 'pinned') return { ...target, auth: {} };
  return { ...target, auth: {}, hostKeys: { ...hostKeys, ask: async () => false } };
}

/** What ssh knows otherwise: keys that certificates vouch for, other ciphers. */
const forSshToJudge = new Set(['host_key_unknown', 'protocol', 'auth_failed', 'key_unreadable']);

function unlessSilent(error: unknown): void {
  if (!(error instanceof CodedError) || !forSshToJudge.has(error.code)) throw error;
}

/** The connection of a login that was begun and is not wanted any more. */
export function closeWhenOpen(opening: Promise<SshConnection>): void {
  detach(
    opening.then(
      (connection) => connection[Symbol.asyncDispose](),
      () => undefined,
    ),
  );
}
