// Enrols agents, renews their leases, applies their messages to the registry, and acknowledges them when they are on disk.

import { type Clock, defined, errorText, isCodedError, type Log, type Secret, withFields } from '@fairlead/kit';
import {
  type AgentHello,
  type AgentMessage,
  type EndpointRef,
  type InstanceNode,
  type InstanceReported,
  pickVersion,
  socketName,
  type VersionRange,
} from '@fairlead/protocol';
import type { WebSocket } from 'ws';

import type { ControlErrorCode } from '../control-error.ts';
import type { Registry } from '../registry/registry.ts';
import type { Entry } from '../registry/entry.ts';
import { clockSkewMs, correctReport, correctTime, describeSkew } from '../domain/correct-clock.ts';
import { decideEnrolment } from '../domain/decide-enrolment.ts';
import type { InstanceRecord } from '../domain/records.ts';
import { deriveInstanceToken, hashToken, sameHash, sameToken } from '../state/tokens.ts';
import { AgentLink } from './agent-link.ts';

export interface AgentDeskDeps {
  registry: Registry;
  clock: Clock;
  tokenSecret: Buffer;
  controlVersion: string;
  /** The protocol versions that we speak. */
  versions: VersionRange;
  heartbeatMs: number;
  /** Moves a parked data socket back. Returns false if there is none. */
  reclaimSocket: (name: string) => boolean;
  log: Log;
}

export interface Arrival {
  socket: WebSocket;
  /** Generation of the control socket at which control dialled the agent. */
  instanceId: string;
  generation: number;
  token: Secret;
  /** The desk calls it when the agent has proved itself. */
  prove: () => void;
}

/** A failed write drops the link after this time, so that the agent sends its messages again: the disk may be full for hours. */
const repeatIntervalMs = 2000;
/** Id of events that control adds for an agent; the ids of an agent's own events begin at 1. */
const skewEvent = 0;
/** Long enough for a version, too short to fill anything. */
const versionLength = 64;

export class AgentDesk {
  readonly #deps: AgentDeskDeps;
  #orders = 0;

  constructor(deps: AgentDeskDeps) {
    this.#deps = deps;
  }

  receive(arrival: Arrival): void {
    const log = withFields(this.#deps.log, { instance: arrival.instanceId, generation: arrival.generation });
    let session: Session | undefined;
    const link = new AgentLink({
      socket: arrival.socket,
      generation: arrival.generation,
      clock: this.#deps.clock,
      log,
      nextOrderId: () => `o${(this.#orders += 1)}`,
      versions: this.#deps.versions,
      onHeard: () => session?.heard(),
      onUnreadable: (why) => !session && this.#noteRefusal(arrival.instanceId, why, log),
      onMessage: (message) => {
        if (session) return session.take(message);
        if (message.type !== 'agent.hello')
          return link.refuse({
            code: 'bad_request',
            message: `cannot begin with ${message.type}: say agent.hello first`,
          });
        session = this.#admit(arrival, link, message, log);
      },
      onClose: () => {
        if (session) this.#deps.registry.applyLive(session.entry, { type: 'link.closed', link });
      },
    });
  }

  #admit(arrival: Arrival, link: AgentLink, hello: AgentHello, log: Log): Session | undefined {
    const { registry, tokenSecret } = this.#deps;
    const entry = registry.findInstance(hello.instanceId);
    const former = registry.findFormer(hello.instanceId);
    const derived = deriveInstanceToken(tokenSecret, hello);
    const enrolmentHash = entry?.instance.enrolmentHash ?? former?.enrolmentHash ?? '';
    const decision = decideEnrolment({
      hello,
      socket: arrival,
      tokenMatches: sameToken(arrival.token, derived) || sameHash(hashToken(arrival.token), enrolmentHash),
      instance: entry?.instance,
      replaced: former !== undefined,
      leaseLive: registry.isLeased(hello.instanceId),
      linkedGeneration: entry?.presence.link?.generation,
    });
    if (!decision.ok || !entry) {
      const why = decision.ok ? { code: 'internal' as const, message: 'cannot enrol' } : decision;
      this.#noteRefusal(arrival.instanceId, why, log);
      link.refuse(why);
      return undefined;
    }
    arrival.prove();
    const session = new Session(this.#deps, { entry, link, hello });
    session.begin(pickVersion(this.#deps.versions, hello.protocol)!, derived);
    log.info({ op: 'agent.enrol', ok: true, restart: hello.restart, job: hello.jobId });
    return session;
  }

  /** Writes the refusal to the log and to the history of the instance to which the socket belongs. */
  #noteRefusal(instanceId: string, { code, message }: { code: string; message: string }, log: Log): void {
    log.warn({ op: 'agent.enrol', ok: false, error: { code, message } });
    const { registry, clock } = this.#deps;
    const entry = registry.findInstance(instanceId);
    if (entry) registry.applyLive(entry, { type: 'agent.refused', code, message, nowMs: clock.monotonicMs() });
  }
}

class Session {
  readonly entry: Entry;
  readonly #link: AgentLink;
  readonly #hello: AgentHello;
  readonly #deps: AgentDeskDeps;
  readonly #skewMs: number;

  constructor(deps: AgentDeskDeps, session: { entry: Entry; link: AgentLink; hello: AgentHello }) {
    this.#deps = deps;
    this.entry = session.entry;
    this.#link = session.link;
    this.#hello = session.hello;
    this.#skewMs = clockSkewMs(session.hello, deps.clock.now());
  }

  begin(protocol: number, instanceToken: Secret): void {
    const { registry, controlVersion, heartbeatMs } = this.#deps;
    const { processId, restart, hostname, jobId, apiKey, agentVersion, endToEnd } = this.#hello;
    const { entry } = this;
    const agent = { processId, restart, hostname };
    const { nodes: before } = entry.instance;
    // The nodes of an earlier agent may be on another host. The agent reports its own in its first report.
    const nodes = before[0]?.host === hostname ? before : [leaderOn(hostname)];
    const stored = registry.apply(entry, { type: 'agent.enrolled', agent }, { jobId, nodes });
    const known = { version: agentVersion.slice(0, versionLength), protocol };
    registry.applyLive(entry, { type: 'link.attached', link: this.#link, apiKey, agent: known, endToEnd });
    this.#noteSkew();
    this.#once(stored, () => {
      const { leaseMs } = registry;
      this.#link.send({ type: 'control.welcome', protocol, controlVersion, instanceToken, leaseMs, heartbeatMs });
      const { wanted, stopMode } = entry.deployment.record;
      if (wanted === 'stopped') this.#link.give(stopMode ?? 'drain');
    });
  }

  /** Every frame renews the lease: a heartbeat may wait behind other frames. */
  heard(): void {
    this.#deps.registry.applyLive(this.entry, { type: 'link.heard', link: this.#link });
  }

  take(message: AgentMessage): void {
    // Another link of this instance has taken over: a frame over this one is outdated.
    if (this.entry.presence.link !== this.#link) return;
    switch (message.type) {
      case 'agent.hello':
        return this.#link.refuse({ code: 'bad_request', message: 'cannot enrol twice on one connection' });
      case 'instance.reported':
        return this.#report(correctReport(message, this.#skewMs));
      case 'instance.heartbeat':
        return this.#deps.registry.applyLive(this.entry, { type: 'load.told', load: message.load });
      case 'event.happened': {
        const { id, atMs, kind, message: text } = message;
        const source = { processId: this.#hello.processId, id };
        const stored = this.#deps.registry.addHistory(this.entry, kind, text, {
          source,
          atMs: correctTime(atMs, this.#skewMs),
        });
        return this.#once(stored, () => this.#link.send({ type: 'event.recorded', id }));
      }
      case 'order.accepted':
        return undefined;
      case 'log.chunk':
        return this.#link.tails.chunk(message.orderId, message.lines);
      case 'log.ended':
        return this.#link.tails.end(message.orderId, message.error);
    }
  }

  #report(message: InstanceReported): void {
    const { registry, reclaimSocket, log } = this.#deps;
    const { life, id } = this.entry.instance;
    const generation = message.endpointGeneration;
    const known = life.phase === 'attended' && life.generation === generation;
    const there = generation !== undefined && (known || reclaimSocket(socketName(id, generation, 'data')));
    if (generation !== undefined && !there)
      log.warn({ op: 'instance.report', ok: false, instance: id, generation }, 'its data socket is not there');
    registry.applyLive(this.entry, { type: 'load.told', load: message.load });
    this.#learnEndpoints(message.endpoints ?? []);
    // A report is the whole state: a job whose time limit was removed has no deadline.
    const { servedModels, nodes, deadlineMs } = message;
    const more: Partial<InstanceRecord> = { servedModels, nodes, deadlineMs };
    const event = { type: 'instance.reported', state: message.state } as const;
    this.#once(registry.apply(this.entry, there ? { ...event, generation } : event, more), () => undefined);
  }

  /** What is not stored is told to watchers with the next stored change: a change of endpoints makes one. */
  #learnEndpoints(endpoints: readonly EndpointRef[]): void {
    const { registry } = this.#deps;
    const { presence } = this.entry;
    if (JSON.stringify(presence.endpoints ?? []) === JSON.stringify(endpoints)) return;
    registry.applyLive(this.entry, { type: 'endpoints.told', endpoints });
    this.#once(registry.change(this.entry, {}), () => undefined);
  }

  /** Once for each process of an agent. */
  #noteSkew(): void {
    if (this.#skewMs === 0) return;
    const { processId, hostname } = this.#hello;
    const text = describeSkew(hostname, this.#skewMs);
    const source = { processId, id: skewEvent };
    this.#once(this.#deps.registry.addHistory(this.entry, 'clock.differs', text, { source }), () => undefined);
  }

  /** If the store fails, the agent gets no answer and sends everything again over its next connection. */
  #once(stored: Promise<void>, then: () => void): void {
    stored.then(then).catch((error: unknown) => {
      const said = { op: 'agent.message', ok: false, error: errorText(error) };
      if (isCodedError<ControlErrorCode>(error, 'record_refused')) {
        this.#deps.log.warn(said, 'an agent told what cannot be stored');
        const hint = defined({ hint: error.hint });
        return this.#link.refuse({ code: 'bad_request', message: error.message, ...hint });
      }
      this.#deps.log.debug(said);
      this.#link.dropAfter(repeatIntervalMs);
    });
  }
}

function leaderOn(host: string): InstanceNode {
  return { rank: 0, host, gpus: [], state: { status: 'starting' } };
}
