// One connection from the tunnel: performs what `stepConnection` decides, and carries the bytes both ways.

import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@fairlead/kit';
import { type BodyScanner, createBodyScanner } from './body-scanner.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  stepConnection,
} from './connection-life.ts';
import type { Outcome } from './connection-life.ts';
import { type AdmissionFacts, decideAdmission } from './decide-admission.ts';
import { renderEngineHead } from './engine-head.ts';
import type { FrontLimits } from './front-limits.ts';
import { endsInLastChunk, statusOf } from './glance-response.ts';
import { HeadParser, type RequestHead } from './head-parser.ts';
import { type Interpreted, interpretHead } from './interpret-head.ts';
import { type Refusal, type RefusalCode, renderRefusal } from './refusal.ts';
import type { RequestRecord } from './request-record.ts';
import type { Route } from './routes.ts';

export interface ConnectionDeps {
  limits: FrontLimits;
  clock: Clock;
  /** What every head to the engine ends with; see `engineFields`. */
  engineLines: Buffer;
  facts: () => AdmissionFacts;
  /** The engine gets the request: it is in flight until `onClosed`. */
  onAdmitted: () => void;
  /** Nothing of the connection is left. */
  onClosed: (connection: FrontConnection, record: RequestRecord) => void;
}

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

export class FrontConnection {
  readonly #client: Duplex;
  readonly #deps: ConnectionDeps;
  readonly #parser: HeadParser;
  /** When the first byte came; until then, when the connection did. */
  #begunAt: number;
  #state: ConnectionState = { phase: 'reading' };
  /** When the present phase, or the wait for the next piece of the body, began. */
  #waitingSince: number;
  #engine: Socket | undefined;
  #body: BodyScanner | undefined;
  #method: string | undefined;
  #route: Route | undefined;
  #refusedAs: RefusalCode | undefined;
  #status: number | undefined;
  #firstByteMs: number | undefined;
  /** The latest bytes of the response look like the end of one in chunks. A hint for the record, nothing more. */
  #lastChunkSeen = false;
  #bytesToEngine = 0;
  #bytesToClient = 0;

  constructor(client: Duplex, deps: ConnectionDeps) {
    this.#client = client;
    this.#deps = deps;
    this.#parser = new HeadParser(deps.limits);
    this.#begunAt = this.#waitingSince = deps.clock.monotonicMs();
  }

  /** Takes ownership of the client's stream. */
  start(): void {
    const client = this.#client;
    client.on('error', () => this.#onClientGone('client.failed'));
    // An ssh2 channel emits no 'error' when its transport dies, and never calls back for what it still held.
    client.once('close', () => this.#onClientGone('client.failed'));
    client.once('end', () => this.#onClientGone('client.ended'));
    client.once('finish', () => this.#apply({ type: 'client.delivered' }));
    client.on('data', (piece: Buffer) => this.#takeFromClient(piece));
    if (client.destroyed) this.#apply({ type: 'client.failed' });
  }

  refuse(refusal: Refusal): void {
    this.#apply({ type: 'request.refused', refusal });
  }

  /** Held ready by its client, which has sent nothing yet. */
  get isUnused(): boolean {
    return this.#state.phase === 'reading' && !this.#parser.started;
  }

  /** Ends both sides at once. */
  cut(): void {
    this.#apply({ type: 'front.cut' });
  }

  /** Called every now and then, instead of a timer for each connection. */
  checkTime(now: number): void {
    const waitedMs = now - this.#waitingSince;
    const { idleMs, headMs, bodyIdleMs, lingerMs } = this.#deps.limits;
    const state = this.#state;
    if (state.phase === 'reading' && waitedMs > (this.#parser.started ? headMs : idleMs)) {
      this.#apply({ type: 'head.late', started: this.#parser.started });
    } else if (state.phase === 'relaying' && state.uploading && waitedMs > bodyIdleMs) {
      if (!this.#engine?.writableNeedDrain) this.#apply({ type: 'body.stalled' });
    } else if (state.phase === 'finishing' && waitedMs > lingerMs) {
      // A slow reader may take its time over a response; one that has left, or was refused, may not.
      if (state.delivered || state.clientEnded || state.outcome !== 'completed') this.#apply({ type: 'linger.passed' });
    }
  }

  /** A client that has read the last chunk may close before the engine does: it has not left early. */
  #onClientGone(type: 'client.ended' | 'client.failed'): void {
    if (this.#lastChunkSeen) this.#apply({ type: 'engine.ended' });
    this.#apply({ type });
  }

  #takeFromClient(piece: Buffer): void {
    if (this.#state.phase === 'relaying') this.#upload(piece);
    else if (this.#state.phase === 'reading') this.#readHead(piece);
    // Else: behind the end of the request. Read and thrown away, it must never reach the engine.
  }

  #readHead(piece: Buffer): void {
    if (!this.#parser.started) this.#begunAt = this.#waitingSince = this.#deps.clock.monotonicMs();
    const step = this.#parser.push(piece);
    if (step.kind === 'more') return;
    if (step.kind === 'refused') return this.refuse(step.refusal);
    const { head, rest } = step;
    this.#method = head.method;
    const interpreted = interpretHead(head);
    if (!interpreted.ok) return this.refuse(interpreted.refusal);
    const admission = decideAdmission(head, interpreted.value, this.#deps.facts());
    if (!admission.ok) return this.refuse(admission.refusal);
    this.#route = admission.route;
    this.#openEngine(admission.engineSocket, head, interpreted.value);
    if (rest.length > 0) this.#upload(rest);
    this.#engine?.uncork();
  }

  /** Leaves the engine's stream corked, so that head and first piece of the body go out in one write. */
  #openEngine(path: string, head: RequestHead, interpreted: Interpreted): void {
    const engine = connect({ path });
    this.#engine = engine;
    engine.on('error', () => this.#apply({ type: 'engine.failed' }));
    engine.once('close', () => this.#apply({ type: 'engine.failed' }));
    engine.once('end', () => this.#apply({ type: 'engine.ended' }));
    engine.on('data', (piece: Buffer) => this.#takeFromEngine(piece));
    engine.on('drain', () => this.#resumeUpload());
    if (interpreted.expectsContinue) engine.once('connect', () => this.#client.write(CONTINUE));
    this.#body = createBodyScanner(interpreted.framing, this.#deps.limits.bodyBytes);
    this.#deps.onAdmitted();
    this.#apply({ type: 'head.admitted', uploading: this.#body !== undefined });
    engine.cork();
    engine.write(renderEngineHead(head, interpreted, this.#deps.engineLines));
  }

  #upload(piece: Buffer): void {
    const engine = this.#engine;
    if (!this.#body || !engine) return;
    const { forward, done, closing, refusal } = this.#body.scan(piece);
    if (refusal) return this.refuse(refusal);
    let hasRoom = true;
    if (forward > 0) hasRoom = engine.write(forward === piece.length ? piece : piece.subarray(0, forward));
    if (closing) hasRoom = engine.write(closing);
    this.#bytesToEngine += forward;
    if (done) {
      this.#body = undefined;
      this.#apply({ type: 'body.ended' });
    } else {
      this.#waitingSince = this.#deps.clock.monotonicMs();
      if (!hasRoom) this.#client.pause();
    }
  }

  #resumeUpload(): void {
    this.#waitingSince = this.#deps.clock.monotonicMs();
    this.#client.resume();
  }

  #takeFromEngine(piece: Buffer): void {
    if (this.#state.phase !== 'relaying') return;
    if (!this.#state.answered) {
      this.#firstByteMs = this.#deps.clock.monotonicMs() - this.#begunAt;
      this.#status = statusOf(piece);
      this.#apply({ type: 'engine.answered' });
    }
    this.#bytesToClient += piece.length;
    this.#lastChunkSeen = endsInLastChunk(piece);
    if (this.#client.writableLength + piece.length <= this.#deps.limits.heldBytes) this.#client.write(piece);
    else {
      // Not by 'drain': an ssh2 channel's own mark is 2 MiB, and a job may have hundreds of slow readers.
      const engine = this.#engine;
      engine?.pause();
      this.#client.write(piece, () => engine?.resume());
    }
  }

  #apply(event: ConnectionEvent): void {
    const before = this.#state;
    const { state, effects } = stepConnection(before, event);
    this.#state = state;
    if (state !== before && state.phase !== 'relaying') this.#waitingSince = this.#deps.clock.monotonicMs();
    for (const effect of effects) this.#perform(effect);
    if (state.phase === 'closed' && before.phase !== 'closed') this.#deps.onClosed(this, this.#record(state.outcome));
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.do) {
      case 'dropEngine':
        this.#engine?.destroy();
        this.#client.resume();
        return;
      case 'dropClient':
        this.#client.destroy();
        return;
      case 'answer':
        this.#refusedAs = effect.refusal.code;
        this.#client.write(renderRefusal(effect.refusal, this.#method));
        return;
      case 'endClient':
        this.#client.end();
        return;
    }
  }

  #record(outcome: Outcome): RequestRecord {
    return {
      outcome,
      refusedAs: this.#refusedAs,
      route: this.#route,
      status: this.#status,
      durationMs: this.#deps.clock.monotonicMs() - this.#begunAt,
      firstByteMs: this.#firstByteMs,
      bytesToEngine: this.#bytesToEngine,
      bytesToClient: this.#bytesToClient,
      silent: !this.#parser.started,
    };
  }
}
