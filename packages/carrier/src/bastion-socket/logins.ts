// The one login at the bastion that all callers share: attempted when first needed, kept while its connection lives, and attempted
// again after a loss. A refused login is remembered for a while.

import { type Clock, CodedError, isCodedError, markHandled } from '@fairlead/kit';
import type { SshConnection } from '@fairlead/ssh';

import type { ReachErrorCode } from '../carrier-error.ts';

/** Until this time has passed, callers get the same refusal: a server that counts refused logins may lock the account out. */
export const refusalTtlMs = 180_000;

export interface Login {
  /** Resolves when the bastion is dialled, or could not be. */
  readonly dialled: Promise<void>;
  /** Resolves when the bastion checks the signature of an identity, or when the login has ended without one. */
  readonly signed: Promise<void>;
  /** Resolves with the connection by the first route that let us in, before the host is proven. */
  readonly loggedIn: Promise<SshConnection>;
  /** Resolves when a gate has said that this is the pinned host; mostly with the same connection. */
  readonly proven: Promise<SshConnection>;
  /** Whether `proven` has resolved. */
  readonly isProven: boolean;
}

export interface LoginsDeps {
  /** Resolves with a proven connection. */
  open: (stages: LoginProgress, signal: AbortSignal) => Promise<SshConnection>;
  clock: Clock;
}

export interface LoginProgress {
  onDialled: () => void;
  onSigned: () => void;
  /** Called with each connection before it is proven. */
  onLoggedIn: (ssh: SshConnection) => void;
}

/** Disposal ends an attempt that is under way, closes the connection, and resolves when it is closed. */
export class Logins implements AsyncDisposable {
  readonly #deps: LoginsDeps;
  readonly #disposed = new AbortController();
  #current: Attempt | undefined;

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
  }

  /** The login that lives or is under way, else a new attempt. Throws `connection_closed` after disposal. */
  current(): Login {
    if (this.#disposed.signal.aborted)
      throw new CodedError<ReachErrorCode>(
        'connection_closed',
        'cannot reach the bastion because this connection was closed',
      );
    return (this.#current ??= this.#attempt());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort(new CodedError<ReachErrorCode>('connection_closed', 'the connection was closed'));
    const last = this.#current;
    this.#current = undefined;
    // A login that failed leaves nothing to close; its error went to the caller that asked for it.
    const opened = await last?.proven.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }

  #attempt(): Attempt {
    const { promise: dialled, resolve: onDialled } = Promise.withResolvers<void>();
    const { promise: signed, resolve: onSigned } = Promise.withResolvers<void>();
    const { promise: loggedIn, resolve: onLoggedIn, reject } = Promise.withResolvers<SshConnection>();
    // A caller may wait for the proof alone.
    markHandled(loggedIn);
    const proven = this.#deps.open({ onDialled, onSigned, onLoggedIn }, this.#disposed.signal);
    const attempt: Attempt = { dialled, signed, loggedIn, proven, isProven: false };
    proven.then(
      ({ closed }) => {
        attempt.isProven = true;
        onSigned();
        return closed.then(() => this.#forget(attempt));
      },
      (error: unknown) => {
        onDialled();
        onSigned();
        reject(error);
        return this.#forgetFailure(attempt, error);
      },
    );
    return attempt;
  }

  async #forgetFailure(attempt: Attempt, error: unknown): Promise<void> {
    const { signal } = this.#disposed;
    // The sleep rejects only when this is disposed of.
    if (isCodedError(error, 'auth_failed')) await this.#deps.clock.sleep(refusalTtlMs, signal).catch(() => undefined);
    this.#forget(attempt);
  }

  #forget(attempt: Attempt): void {
    if (this.#current === attempt) this.#current = undefined;
  }
}

interface Attempt extends Login {
  isProven: boolean;
}
