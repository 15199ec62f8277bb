// The agent's side of its conversation with control: takes in who dials, keeps one proven session, reports the
// instance, renews the lease, delivers events. With control away it keeps quiet and catches up later.
// Performs what link-machine.ts decides.

import type { Duplex } from 'node:stream';
import {
  anySignal,
  type Clock,
  detach,
  errorText,
  isCodedError,
  type Log,
  type Secret,
  untilAborted,
  untilOver,
} from '@fairlead/kit';
import type { AgentHello, ControlMessage, ControlWelcome, InstanceReported, Load } from '@fairlead/protocol';
import { type AgentSession, openAgentSession } from './agent-session.ts';
import { EventQueue } from './event-queue.ts';
import {
  firstLinkState,
  type LinkEffect,
  type LinkEvent,
  type LinkState,
  type LinkToken,
  linkTransition,
  usedConnection,
} from './link-machine.ts';
import { LogTails } from './log-tails.ts';
import { openProvenSocket } from './open-proven-socket.ts';
import { takeOrder } from './take-order.ts';

export interface ControlLinkOptions {
  /** PEM. */
  certificate: string;
  enrolmentToken: Secret;
  hello: AgentHello;
  jobDir: string;
  /** Of the job. */
  nodes: number;
  clock: Clock;
  log: Log;
  /** All that is true of the instance now. */
  report: () => InstanceReported;
  load: () => Load;
  onDrain: (order: { untilMs?: number }) => void;
  onStop: () => void;
  onFenced: (message: string) => void;
  /** Once for each time that control comes or goes. */
  onLinked: (linked: boolean, why: string) => void;
}

export interface ControlLink extends Disposable {
  /** Takes ownership of a connection that came in on the control socket. */
  accept: (stream: Duplex) => void;
  /** Something of the report has changed. */
  changed: () => void;
  happened: (event: { kind: string; message: string; atMs: number }) => void;
  /**
   * Sees that control has everything: the last report, every event, the ends of logs. Resolves then, or when the signal
   * fires. Where control is away it is not waited for, unless `waits`: what failed at once may be sooner than control.
   */
  farewell: (signal: AbortSignal, options?: { waits: boolean }) => Promise<void>;
}

export function openControlLink(options: ControlLinkOptions): ControlLink {
  return new Link(options);
}

const proofTimeoutMs = 10_000;

interface Connection {
  stream: Duplex;
  /** Absent until control has proved itself. */
  session?: AgentSession;
  tails?: LogTails;
}

class Link implements ControlLink {
  readonly #options: ControlLinkOptions;
  readonly #events = new EventQueue();
  readonly #connections = new Map<number, Connection>();
  readonly #arrived = Promise.withResolvers<void>();
  #state: LinkState = firstLinkState;
  #nextConnection = 1;
  #reported = '';
  #isReporting = false;

  constructor(options: ControlLinkOptions) {
    this.#options = options;
  }

  accept(stream: Duplex): void {
    const connection = this.#nextConnection++;
    this.#connections.set(connection, { stream });
    this.#dispatch({ type: 'connection.arrived', connection });
  }

  changed(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    // Several changes of one moment make one report.
    queueMicrotask(() => {
      this.#isReporting = false;
      this.#report();
    });
  }

  happened(event: { kind: string; message: string; atMs: number }): void {
    const happened = this.#events.add(event);
    this.#used()?.session?.send(happened);
  }

  async farewell(signal: AbortSignal, { waits } = { waits: false }): Promise<void> {
    if (waits && !this.#used()) await untilOver(untilAborted(this.#arrived.promise, signal), signal);
    this.#dispatch({ type: 'farewell.begun' });
    const { session, tails } = this.#used() ?? {};
    if (!session) return;
    const over = Promise.withResolvers<void>();
    anySignal(signal, session.ended).addEventListener('abort', () => over.resolve(), { once: true });
    this.#report();
    await Promise.race([Promise.all([tails?.finish(), this.#events.empty()]), over.promise]);
    session.close();
    await over.promise;
  }

  [Symbol.dispose](): void {
    this.#dispatch({ type: 'close.ordered' });
  }

  #used(): Connection | undefined {
    return this.#connections.get(usedConnection(this.#state) ?? 0);
  }

  #dispatch(event: LinkEvent): void {
    const { state, effects } = linkTransition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: LinkEffect): void {
    switch (effect.type) {
      case 'turn_away':
        return this.#turnAway(effect.connection);
      case 'prove':
        return detach(this.#prove(effect.connection, effect.token));
      case 'drop':
        return this.#connections.get(effect.connection)?.session?.[Symbol.dispose]();
      case 'begin':
        return this.#begin(effect.connection, effect.heartbeatMs);
      case 'tell.linked':
        return this.#options.onLinked(true, effect.why);
      case 'tell.away':
        return this.#options.onLinked(false, effect.why);
      case 'tell.fenced':
        return this.#options.onFenced(effect.message);
    }
  }

  #turnAway(connection: number): void {
    const { stream } = this.#connections.get(connection)!;
    this.#connections.delete(connection);
    // Its other end may have been cut first (ECONNRESET, EPIPE): it is not wanted anyway.
    stream.on('error', () => undefined);
    stream.destroy();
  }

  async #prove(connection: number, token: LinkToken): Promise<void> {
    const { log } = this.#options;
    let welcome: ControlWelcome;
    try {
      const session = await this.#openSession(connection, token);
      welcome = await session.welcome;
      session.ended.throwIfAborted();
    } catch (error) {
      const level = isCodedError(error, 'control_unproven') ? 'info' : 'warn';
      log[level]({ op: 'control.link', ok: false, error: errorText(error) }, 'control did not get through');
      this.#connections.delete(connection);
      return this.#dispatch({ type: 'connection.failed', connection });
    }
    const { instanceToken, heartbeatMs, controlVersion } = welcome;
    this.#dispatch({ type: 'connection.welcomed', connection, token: instanceToken, heartbeatMs, controlVersion });
  }

  async #openSession(connection: number, token: LinkToken): Promise<AgentSession> {
    const { certificate, enrolmentToken, hello, jobDir, nodes, clock, log } = this.#options;
    const { stream } = this.#connections.get(connection)!;
    const socket = await openProvenSocket(stream, {
      certificate,
      token: token.kind === 'enrolment' ? enrolmentToken : token.token,
      limitMs: proofTimeoutMs,
    });
    const onMessage = (message: ControlMessage) => this.#take(message, session, tails);
    const session = openAgentSession({ socket, hello, clock, log, onMessage });
    const tails = new LogTails({
      jobDir,
      nodes,
      clock,
      log,
      send: (message) => session.sendPaced(message),
      signal: session.ended,
    });
    this.#connections.set(connection, { stream, session, tails });
    session.ended.addEventListener('abort', () => this.#lose(connection, session), { once: true });
    return session;
  }

  #lose(connection: number, { ended }: AgentSession): void {
    this.#connections.get(connection)?.stream.destroy();
    this.#dispatch({ type: 'connection.ended', connection, why: errorText(ended.reason) });
    this.#connections.delete(connection);
  }

  #begin(connection: number, heartbeatMs: number): void {
    const session = this.#connections.get(connection)?.session;
    this.#arrived.resolve();
    if (!session) return;
    this.#reported = '';
    this.#report();
    detach(untilOver(this.#beat(session, heartbeatMs), session.ended));
    // Behind the first heartbeat: after a long outage they are many.
    for (const event of this.#events.waiting) session.send(event);
  }

  async #beat(session: AgentSession, everyMs: number): Promise<void> {
    for (;;) {
      session.send({ type: 'instance.heartbeat', load: this.#options.load() });
      await this.#options.clock.sleep(everyMs, session.ended);
    }
  }

  #report(): void {
    const report = this.#options.report();
    const text = JSON.stringify({ ...report, load: undefined });
    if (text === this.#reported) return;
    this.#reported = text;
    this.#used()?.session?.send(report);
  }

  #take(message: ControlMessage, session: AgentSession, tails: LogTails): void {
    if (message.type === 'event.recorded') return this.#events.recorded(message.id);
    if (message.type !== 'control.refused') return takeOrder(message, { session, tails, ...this.#options });
    const { code, message: error, hint } = message;
    this.#options.log.warn({ op: 'control.link', ok: false, code, error, hint }, 'control refused this agent');
    this.#dispatch({ type: 'agent.refused', code, message: error });
  }
}
