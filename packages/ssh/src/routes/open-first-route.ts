// Opens a connection to one host by the first of its routes that is proven to lead to it: performs the decisions of route-race.ts.

import { type Clock, CodedError, detach, systemClock, untilAborted, untilOver, defined } from '@fairlead/kit';

import type { OpenSshOptions, SshConnection } from '../connection/ssh-connection.ts';
import type { SshTarget } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { isFinalCode } from './is-final-code.ts';
import { routeFailure } from './route-failure.ts';
import { askRoute, closeWhenOpen, type RouteCandidate } from './route-candidate.ts';
import { type RouteMemory, stillDenied } from './route-memory.ts';
import { type RaceEffect, type RaceEvent, raceTransition, type RaceState, startRace } from './route-race.ts';
import { answersOf, describeAnswer, type RouteTaken, whyTaken } from './route-words.ts';

export interface NamedRoute {
  /** The route's name in messages and in the memory, as from `routeName`. */
  name: string;
  /** Rejects if ssh_config cannot resolve the name; only this route fails then. */
  target: () => Promise<SshTarget>;
}

export interface RoutesOptions<Proof> extends OpenSshOptions {
  routes: readonly NamedRoute[];
  memory: RouteMemory;
  /** Rejects if this is not the right host or not a usable one; then the next route is tried. `prove` closes what it opened if it rejects. */
  prove: (connection: SshConnection) => Promise<Proof>;
  /** The codes with which `prove` rejects at another host. */
  otherHostCodes?: readonly string[];
  /** Called when a route is dialled; what had to be read for it is read. */
  onDialled?: () => void;
  /** Called when an identity has signed and the host checks the signature; with the system's ssh, when that is started. */
  onSigned?: () => void;
  /** How long to skip a route after its jump host has refused the login. */
  deniedMs: number;
}

export interface OpenRoute<Proof> {
  /** The caller closes it. */
  connection: SshConnection;
  proof: Proof;
  taken: RouteTaken;
}

/**
 * The caller closes the connection. Rejects with the error of a refused login, after which no other route is tried, and with the
 * error of the only route unchanged. If all routes fail, the error names the answer of each: `no_route`, or the code that all share.
 */
export async function openFirstRoute<Proof>(options: RoutesOptions<Proof>): Promise<OpenRoute<Proof>> {
  return new RouteRace(options).run();
}

class RouteRace<Proof> {
  readonly #options: RoutesOptions<Proof>;
  readonly #clock: Clock;
  readonly #names: string[];
  readonly #candidates: Array<RouteCandidate | undefined> = [];
  readonly #errors: unknown[] = [];
  readonly #over = new AbortController();
  readonly #result = Promise.withResolvers<OpenRoute<Proof>>();
  #proven: { connection: SshConnection; proof: Proof } | undefined;
  #state: RaceState;

  constructor(options: RoutesOptions<Proof>) {
    const { routes, memory, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#names = routes.map(({ name }) => name);
    const remembered = memory.taken === undefined ? -1 : this.#names.indexOf(memory.taken);
    this.#state = startRace(routes.length, remembered === -1 ? undefined : remembered);
  }

  async run(): Promise<OpenRoute<Proof>> {
    const { signal, routes } = this.#options;
    signal?.throwIfAborted();
    routes.forEach((route, index) => detach(this.#ask(route, index)));
    try {
      return await untilAborted(this.#result.promise, signal);
    } finally {
      this.#over.abort(new CodedError('connection_lost', 'the routes are decided'));
    }
  }

  async #ask(route: NamedRoute, index: number): Promise<void> {
    try {
      const denied = stillDenied(this.#options.memory, route.name, this.#clock.monotonicMs());
      if (denied) throw new CodedError(denied.code, denied.message, denied);
      const target = await route.target();
      if (this.#over.signal.aborted) return;
      const candidate = askRoute(target, this.#openOptions(), this.#options);
      this.#candidates[index] = candidate;
      await candidate.answered;
      this.#dispatch({ type: 'route.answered', index });
    } catch (error) {
      this.#fail(index, error);
    }
  }

  #openOptions(): OpenSshOptions {
    const {
      routes: _routes,
      memory: _memory,
      prove: _prove,
      otherHostCodes: _codes,
      deniedMs: _deniedMs,
      onDialled: _onDialled,
      onSigned: _onSigned,
      ...open
    } = this.#options;
    return open;
  }

  #fail(index: number, error: unknown): void {
    if (this.#over.signal.aborted) return;
    const { memory, deniedMs, otherHostCodes } = this.#options;
    const failure = routeFailure(error, otherHostCodes);
    const { code } = failure;
    const isAtHost = this.#candidates[index]?.isAtHost ?? false;
    if (code === 'auth_failed' && !isAtHost) {
      const name = this.#names[index] ?? '';
      const nowMs = this.#clock.monotonicMs();
      if (!stillDenied(memory, name, nowMs)) memory.denied.set(name, { untilMs: nowMs + deniedMs, failure });
    }
    this.#errors[index] = error;
    const isFinal = isAtHost && isFinalCode(code);
    this.#dispatch({ type: 'route.failed', index, failure, isFinal });
  }

  #dispatch(event: RaceEvent): void {
    const { state, effects } = raceTransition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RaceEffect): void {
    switch (effect.type) {
      case 'grace.begin':
        return detach(this.#wait(effect.ms));
      case 'prove':
        return detach(this.#prove(effect.index));
      case 'take':
        return this.#take(effect.index);
      case 'give_up':
        return this.#giveUp(effect);
    }
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#over;
    await untilOver(
      this.#clock.sleep(ms, signal).then(() => this.#dispatch({ type: 'grace.over' })),
      signal,
    );
  }

  async #prove(index: number): Promise<void> {
    const opening = this.#candidates[index]!.logIn();
    try {
      const connection = await opening;
      const proof = await untilAborted(this.#options.prove(connection), this.#options.signal);
      this.#over.signal.throwIfAborted();
      this.#proven = { connection, proof };
    } catch (error) {
      closeWhenOpen(opening);
      return this.#fail(index, error);
    }
    this.#dispatch({ type: 'route.proven', index });
  }

  #take(index: number): void {
    const { memory } = this.#options;
    const name = this.#names[index] ?? '';
    memory.taken = name;
    this.#drop(index);
    const answers = answersOf(this.#names, this.#state.routes, index);
    const taken = { name, index, count: this.#names.length, answers };
    if (taken.count > 1) this.#options.log?.debug({ op: 'route.take', ok: true, route: name, why: whyTaken(taken) });
    this.#result.resolve({ ...this.#proven!, taken });
  }

  #giveUp({ last, isFinal }: Extract<RaceEffect, { type: 'give_up' }>): void {
    this.#drop();
    if (this.#names.length === 1 || isFinal) this.#result.reject(this.#errors[last]);
    else this.#result.reject(noRoute(this.#names, this.#state, this.#errors));
  }

  #drop(but?: number): void {
    this.#candidates.forEach((candidate, index) => {
      if (index !== but) candidate?.drop();
    });
  }
}

function noRoute(names: readonly string[], state: RaceState, errors: readonly unknown[]): CodedError {
  const answers = answersOf(names, state.routes);
  const failed = errors.filter((error) => error instanceof CodedError);
  const message = `cannot reach the bastion by any of its ${names.length} routes: ${answers.map(describeAnswer).join('; ')}`;
  const retryable = failed.some((error) => error.retryable);
  const cause = new AggregateError(errors);
  const [first] = failed;
  // Where all failed with the same code, the error keeps it, such as host_key_changed.
  if (first && failed.length === errors.length && failed.every(({ code }) => code === first.code)) {
    const { code, hint } = first;
    return new CodedError(code, message, { ...defined({ hint }), retryable, cause });
  }
  const hint = 'Run `fairlead doctor`: it tries each route step by step.';
  return sshError('no_route', message, { hint, retryable, cause });
}
