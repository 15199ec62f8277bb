// The agent's side of its conversation with control: takes in who dials, keeps one proven session, reports the
// instance, renews the lease, delivers events. With control away it keeps quiet and catches up later.

import type { Duplex } from 'node:stream';
import {
  anySignal,
  type Clock,
  detach,
  errorText,
  isCodedError,
  type Log,
  Secret,
  untilAborted,
  untilOver,
} from '@fairlead/kit';
import type { AgentHello, ControlMessage, ControlWelcome, InstanceReported, Load } from '@fairlead/protocol';
import { type ControlSession, openControlSession } from './control-session.ts';
import { EventQueue } from './event-queue.ts';
import { LogTails } from './log-tails.ts';
import { openControlChannel } from './open-control-channel.ts';

export interface ControlLinkOptions {
  /** PEM. */
  certificate: string;
  enrolmentToken: Secret;
  hello: AgentHello;
  jobDir: string;
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

const PROOF_LIMIT_MS = 10_000;
/** Connections that have not proved themselves, at once. */
const MOST_UNPROVEN = 4;

export function openControlLink(options: ControlLinkOptions): ControlLink {
  const { clock, log } = options;
  const events = new EventQueue();
  let token = options.enrolmentToken;
  let unproven = 0;
  let session: { opened: ControlSession; tails: LogTails } | undefined;
  let reported = '';
  let reporting = false;
  let closed = false;
  const arrived = Promise.withResolvers<void>();

  function accept(stream: Duplex): void {
    if (closed || unproven >= MOST_UNPROVEN) {
      stream.on('error', () => undefined);
      stream.destroy();
      return;
    }
    unproven += 1;
    begin(stream)
      .catch((error: unknown) => {
        const level = isCodedError(error, 'control_unproven') ? 'info' : 'warn';
        log[level]({ op: 'control.link', ok: false, error: errorText(error) }, 'control did not get through');
      })
      .finally(() => (unproven -= 1));
  }

  async function begin(stream: Duplex): Promise<void> {
    const { certificate, hello } = options;
    const socket = await openControlChannel(stream, { certificate, token, limitMs: PROOF_LIMIT_MS });
    const opened = openControlSession({
      socket,
      hello,
      clock,
      log,
      onMessage: (message) => take(message, opened, tails),
    });
    const tails = new LogTails({
      jobDir: options.jobDir,
      clock,
      log,
      send: (message) => opened.sendPaced(message),
      signal: opened.ended,
    });
    opened.ended.addEventListener('abort', () => stream.destroy(), { once: true });
    install({ opened, tails }, await opened.welcome);
  }

  /** The newer of two connections that both proved themselves is the one control uses. */
  function install(proven: { opened: ControlSession; tails: LogTails }, welcome: ControlWelcome): void {
    const { opened } = proven;
    if (closed) return opened[Symbol.dispose]();
    const before = session;
    session = proven;
    arrived.resolve();
    before?.opened[Symbol.dispose]();
    token = new Secret(welcome.instanceToken);
    options.onLinked(true, `control ${welcome.controlVersion}`);
    opened.ended.addEventListener('abort', () => leave(opened), { once: true });
    if (opened.ended.aborted) return leave(opened);
    reported = '';
    sendReport();
    detach(untilOver(beat(opened, welcome.heartbeatMs), opened.ended));
    // Behind the first heartbeat: after a long outage they are many.
    for (const event of events.waiting) opened.send(event);
  }

  function leave(opened: ControlSession): void {
    if (session?.opened !== opened) return;
    session = undefined;
    options.onLinked(false, errorText(opened.ended.reason));
  }

  async function beat(opened: ControlSession, everyMs: number): Promise<void> {
    for (;;) {
      opened.send({ type: 'instance.heartbeat', load: options.load() });
      await clock.sleep(everyMs, opened.ended);
    }
  }

  function sendReport(): void {
    const report = options.report();
    const text = JSON.stringify({ ...report, load: undefined });
    if (text === reported) return;
    reported = text;
    session?.opened.send(report);
  }

  function take(message: ControlMessage, from: ControlSession, tails: LogTails): void {
    switch (message.type) {
      case 'control.welcome':
        return;
      case 'control.refused':
        return refused(message);
      case 'event.recorded':
        return events.recorded(message.id);
      case 'instance.drain':
        from.send({ type: 'order.accepted', orderId: message.orderId });
        return options.onDrain(message.untilMs === undefined ? {} : { untilMs: message.untilMs });
      case 'instance.stop':
        from.send({ type: 'order.accepted', orderId: message.orderId });
        return options.onStop();
      case 'log.tail':
        from.send({ type: 'order.accepted', orderId: message.orderId });
        return tails.start(message);
      case 'log.grant':
        return tails.grant(message.orderId, message.credit);
      case 'log.cancel':
        return tails.cancel(message.orderId);
    }
  }

  function refused({ code, message, hint }: Extract<ControlMessage, { type: 'control.refused' }>): void {
    log.warn({ op: 'control.link', ok: false, code, error: message, hint }, 'control refused this agent');
    if (code === 'fenced') return options.onFenced(message);
    // A control that was set up anew does not know the token it gave out before.
    if (code === 'unauthorized') token = options.enrolmentToken;
  }

  return {
    accept,
    changed() {
      if (reporting) return;
      reporting = true;
      // Several changes of one moment make one report.
      queueMicrotask(() => {
        reporting = false;
        sendReport();
      });
    },
    happened(event) {
      const happened = events.add(event);
      session?.opened.send(happened);
    },
    async farewell(signal, { waits } = { waits: false }) {
      if (waits && !session) await untilOver(untilAborted(arrived.promise, signal), signal);
      closed = true;
      if (!session) return;
      const { opened, tails } = session;
      const over = Promise.withResolvers<void>();
      anySignal(signal, opened.ended).addEventListener('abort', () => over.resolve(), { once: true });
      sendReport();
      await Promise.race([Promise.all([tails.finish(), events.empty()]), over.promise]);
      opened.close();
      await over.promise;
    },
    [Symbol.dispose]() {
      closed = true;
      session?.opened[Symbol.dispose]();
    },
  };
}
