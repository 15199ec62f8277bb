// One route to a host, in two steps: first it is asked (name, port, host key; nothing of the user's is sent), then logged in by.

import { CodedError, defined, detach, isCodedError, markHandled } from '@fairlead/kit';

import type { LoginStages } from '../connection/open-link.ts';
import { openSsh } from '../connection/open-ssh.ts';
import type { OpenSshOptions, SshConnection } from '../connection/ssh-connection.ts';
import type { SshErrorCode } from '../ssh-error.ts';
import type { SshTarget } from '../ssh-target.ts';

export interface RouteCandidate {
  /** Resolves when the host has shown a key that is accepted. Rejects as openSsh does. */
  readonly answered: Promise<void>;
  /** Continues with the login. The caller closes the connection. */
  logIn(): Promise<SshConnection>;
  /** Whether the login has reached the host itself; else a failure is one of a jump host. */
  readonly isAtHost: boolean;
  /** Hangs up before the login has succeeded. Does not close an open connection. */
  drop(): void;
}

export type RouteSteps = Pick<LoginStages, 'onDialled' | 'onSigned'>;

/** Begins to ask at once. The caller ends the candidate with `logIn` or `drop`. */
export function askRoute(target: SshTarget, options: OpenSshOptions, steps: RouteSteps = {}): RouteCandidate {
  if (!target.system) return askHeld(target, options, steps);
  // Another process logs in: this one is free at once.
  steps.onDialled?.();
  steps.onSigned?.();
  return askForSystem(target, options);
}

function askHeld(target: SshTarget, options: OpenSshOptions, { onDialled, onSigned }: RouteSteps): RouteCandidate {
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
      ...defined({ onDialled, onSigned }),
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
  // After the race no caller waits for this promise.
  markHandled(answered.promise);
  return {
    answered: answered.promise,
    get isAtHost() {
      return isAtHost;
    },
    // The server hung up while this route was held: dials again.
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
 * The system's ssh cannot stop before the login. So our own driver tests whether the host answers at all, and ssh judges the key
 * later. A route through a ProxyCommand or a jump host cannot be tested this way and counts as answered.
 */
function askForSystem(target: SshTarget, options: OpenSshOptions): RouteCandidate {
  const { system, ...direct } = target;
  const look =
    system?.settings.isProxied || system?.proxyJump ? undefined : askHeld(withoutPerson(direct), options, {});
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

/** Failures of our own test at which the system's ssh may still succeed: it knows certificates and more ciphers. */
const forSshToJudge: readonly SshErrorCode[] = ['host_key_unknown', 'protocol', 'auth_failed', 'key_unreadable'];

function unlessSilent(error: unknown): void {
  if (!isCodedError(error, ...forSshToJudge)) throw error;
}

/** Closes the connection of a running login that the caller no longer wants. */
export function closeWhenOpen(opening: Promise<SshConnection>): void {
  detach(
    opening.then(
      (connection) => connection[Symbol.asyncDispose](),
      () => undefined,
    ),
  );
}
