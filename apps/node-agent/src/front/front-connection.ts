// One connection from the tunnel: performs what `stepConnection` decides, and carries the bytes both ways.

import type { Duplex } from 'node:stream';
import { preface } from '@fairlead/mux';
import {
  type ApiRoute,
  type Refusal,
  renderRefusal,
  type BodyScanner,
  createBodyScanner,
  HeadParser,
} from '@fairlead/openai-wire';
import type { EngineAddress } from '../engine/engine-address.ts';
import { type AdmittedRequest, admitRequest } from './admit-request.ts';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  type RequestOutcome,
  stepConnection,
} from './connection-life.ts';
import type { FrontConnectionDeps } from './connection-deps.ts';
import type { EngineAnswer } from './engine-answer.ts';
import { EngineConnection } from './engine-connection.ts';
import { endsInLastChunk, statusOf } from './glance-response.ts';
import { QuietWatch } from './quiet-watch.ts';
import { emptyTally, type RequestRecord } from './request-record.ts';
import type { RequestTap } from './request-tap.ts';
import { sniffGuest } from './sniff-guest.ts';

/** An engine may take nothing of an upload for so many times as long as a client may send nothing of it. */
const enginePatience = 4;
const continueHead = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

export interface FrontConnectionOwner {
  /** Called once, when nothing of the connection is left. */
  onClosed: (record: RequestRecord) => void;
  /**
   * Takes over a channel that turned out to be a mux, with what came after its preface; the connection is over without a record.
   * Absent: the bytes of a mux are no valid request.
   */
  onMux?: (channel: Duplex, bytes: Buffer) => void;
  /** As `onMux`, for a channel that is encrypted from here on: with all that came. */
  onTls?: ((channel: Duplex, bytes: Buffer) => void) | undefined;
  /** Answers all that is not encrypted. Asked when the first bytes have come. */
  refusePlain?: (() => Refusal) | undefined;
}

export class FrontConnection {
  readonly #client: Duplex;
  readonly #deps: FrontConnectionDeps;
  readonly #owner: FrontConnectionOwner;
  /** First bytes that do not tell yet who comes. */
  #sniffed: Buffer | undefined;
  readonly #parser: HeadParser;
  /** When the first byte came; until then, when the connection did. */
  #begunAt: number;
  #state: ConnectionState = { phase: 'reading' };
  /** When the present phase, or the wait for the next piece of the body, began. */
  #waitingSince: number;
  #engine: EngineConnection | undefined;
  #answer: EngineAnswer | undefined;
  #body: BodyScanner | undefined;
  #method: string | undefined;
  readonly #tally = emptyTally();
  readonly #tap: RequestTap | undefined;
  /** Whether the last bytes of the response look like the end of a chunked one. Only for the record. */
  #lastChunkSeen = false;
  readonly #quiet = new QuietWatch();

  constructor(client: Duplex, deps: FrontConnectionDeps, owner: FrontConnectionOwner) {
    this.#client = client;
    this.#deps = deps;
    this.#owner = owner;
    this.#tap = deps.tap?.();
    this.#parser = new HeadParser(deps.limits);
    this.#begunAt = this.#waitingSince = deps.clock.monotonicMs();
  }

  /** Takes ownership of the client's stream. */
  start(): void {
    const client = this.#client;
    client.on('error', this.#onFailed);
    // An ssh2 channel emits no 'error' when its transport dies, and never calls back for what it still held.
    client.on('close', this.#onFailed);
    client.on('end', this.#onEnded);
    client.on('finish', this.#onDelivered);
    client.on('data', this.#onData);
    if (client.destroyed) this.#apply({ type: 'client.failed' });
  }

  readonly #onFailed = () => this.#onClientGone('client.failed');
  readonly #onEnded = () => this.#onClientGone('client.ended');
  readonly #onDelivered = () => this.#apply({ type: 'client.delivered' });
  readonly #onData = (piece: Buffer) => this.#takeFromClient(piece);

  refuse(refusal: Refusal): void {
    this.#apply({ type: 'request.refused', refusal });
  }

  /** Held ready by its client, which has sent nothing yet. */
  get isUnused(): boolean {
    return this.#state.phase === 'reading' && !this.#hasBegun;
  }

  get #hasBegun(): boolean {
    return this.#parser.started || this.#sniffed !== undefined;
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
    if (state.phase === 'reading' && waitedMs > (this.#hasBegun ? headMs : idleMs)) {
      this.#apply({ type: 'head.late', started: this.#hasBegun });
    } else if (state.phase === 'relaying') {
      if (state.uploading && waitedMs > bodyIdleMs) this.#endStalledUpload(waitedMs);
      else if (state.answered) this.#breakSilence(now);
    } else if (state.phase === 'finishing' && waitedMs > lingerMs) {
      // A slow reader may take its time over a response; a client that has left or was refused may not.
      if (state.delivered || state.clientEnded || state.outcome !== 'completed') this.#apply({ type: 'linger.passed' });
    }
  }

  /** A client that is paused, because the engine takes no more, cannot be seen to leave: the engine's patience has a limit too. */
  #endStalledUpload(waitedMs: number): void {
    if (!this.#engine?.isFull) this.#apply({ type: 'body.stalled' });
    else if (waitedMs > enginePatience * this.#deps.limits.bodyIdleMs) this.#apply({ type: 'upload.stalled' });
  }

  #breakSilence(now: number): void {
    if (!this.#quiet.isOver(now, this.#tally.bytesToClient, this.#deps.limits.quietMs)) return;
    const comment = this.#client.writableLength === 0 ? this.#answer?.whileQuiet() : undefined;
    if (comment) this.#client.write(comment);
  }

  /** A client that has read the last chunk may close before the engine does: it has not left early. */
  #onClientGone(type: 'client.ended' | 'client.failed'): void {
    if (this.#lastChunkSeen) this.#apply({ type: 'engine.ended' });
    this.#apply({ type });
  }

  #takeFromClient(piece: Buffer): void {
    if (this.#state.phase === 'relaying') this.#upload(piece);
    else if (this.#state.phase === 'reading') this.#readFirst(piece);
    // Else: behind the end of the request. Read and thrown away, it must never reach the engine.
  }

  #readFirst(piece: Buffer): void {
    if (!this.#hasBegun) this.#begunAt = this.#waitingSince = this.#deps.clock.monotonicMs();
    const { onMux } = this.#owner;
    if (!onMux || this.#parser.started) return this.#readHead(piece);
    const bytes = this.#sniffed ? Buffer.concat([this.#sniffed, piece]) : piece;
    const guest = sniffGuest(bytes);
    if (guest === 'more') {
      this.#sniffed = bytes;
      return;
    }
    const { onTls, refusePlain } = this.#owner;
    if (guest === 'tls' && onTls) return onTls(this.#leave(), bytes);
    if (refusePlain) return this.refuse(refusePlain());
    if (guest === 'mux') return onMux(this.#leave(), bytes.subarray(preface.length));
    return this.#readHead(bytes);
  }

  /** Lets go of the client's stream. */
  #leave(): Duplex {
    const client = this.#client;
    client.off('error', this.#onFailed).off('close', this.#onFailed).off('end', this.#onEnded);
    return client.off('finish', this.#onDelivered).off('data', this.#onData);
  }

  #readHead(piece: Buffer): void {
    const step = this.#parser.push(piece);
    if (step.kind === 'more') return;
    if (step.kind === 'refused') return this.refuse(step.refusal);
    const { head, rest } = step;
    this.#method = head.method;
    this.#tap?.head(head);
    const admitted = admitRequest(head, this.#deps.facts(), this.#deps.engineLines);
    if (!admitted.ok) return this.refuse(admitted.refusal);
    this.#openEngine(admitted.request);
    if (rest.length > 0) this.#upload(rest);
  }

  #openEngine({ route, engineAddress, head, framing, expectsContinue, answer }: AdmittedRequest): void {
    this.#tally.route = route;
    this.#answer = answer;
    this.#body = createBodyScanner(framing, this.#deps.limits.bodyBytes);
    this.#deps.onAdmitted(route);
    this.#apply({ type: 'head.admitted', uploading: this.#body !== undefined });
    this.#engine = this.#dialEngine(engineAddress, expectsContinue);
    this.#engine.write(head);
  }

  #dialEngine(address: EngineAddress, expectsContinue: boolean): EngineConnection {
    return new EngineConnection(address, this.#deps.dial, {
      onConnected: () => expectsContinue && this.#client.write(continueHead),
      onRoom: () => this.#resumeUpload(),
      onPiece: (piece) => this.#takeFromEngine(piece),
      onEnded: () => this.#onEngineEnded(),
      onFailed: () => this.#apply({ type: 'engine.failed' }),
      onRetry: () => this.#onDialRetry(),
    });
  }

  #onDialRetry(): void {
    this.#tally.dialRetries += 1;
    this.#deps.onDialRetry();
  }

  #upload(piece: Buffer): void {
    const engine = this.#engine;
    if (!this.#body || !engine) return;
    const { forward, done, closing, refusal } = this.#body.scan(piece);
    if (refusal) return this.refuse(refusal);
    let hasRoom = true;
    if (forward > 0) hasRoom = engine.write(forward === piece.length ? piece : piece.subarray(0, forward));
    if (closing) hasRoom = engine.write(closing);
    this.#tally.bytesToEngine += forward;
    this.#tap?.toEngine(piece.subarray(0, forward));
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
      this.#tally.firstByteMs = this.#deps.clock.monotonicMs() - this.#begunAt;
      this.#tally.status = statusOf(piece);
      this.#apply({ type: 'engine.answered' });
    }
    if (this.#tally.status === 200 && isGenerating(this.#tally.route)) this.#deps.onGenerated();
    this.#lastChunkSeen = endsInLastChunk(piece);
    const forClient = this.#answer?.take(piece);
    if (forClient) this.#sendToClient(forClient);
  }

  #sendToClient(piece: Buffer): void {
    this.#tally.bytesToClient += piece.length;
    this.#tap?.toClient(piece);
    if (this.#client.writableLength + piece.length <= this.#deps.limits.heldBytes) this.#client.write(piece);
    else {
      // Not by 'drain': an ssh2 channel's own mark is 2 MiB, and a job may have hundreds of slow readers.
      const engine = this.#engine;
      engine?.pause();
      this.#client.write(piece, () => engine?.resume());
    }
  }

  #onEngineEnded(): void {
    if (this.#state.phase === 'relaying' && this.#state.answered) {
      const rest = this.#answer?.end();
      if (rest) this.#sendToClient(rest);
    }
    this.#apply({ type: 'engine.ended' });
  }

  #apply(event: ConnectionInput): void {
    const before = this.#state;
    const { state, effects } = stepConnection(before, event);
    this.#state = state;
    if (state !== before && state.phase !== 'relaying') this.#waitingSince = this.#deps.clock.monotonicMs();
    for (const effect of effects) this.#perform(effect);
    if (state.phase === 'closed' && before.phase !== 'closed') this.#end(state.outcome);
  }

  #end(outcome: RequestOutcome): void {
    const record = this.#record(outcome);
    this.#tap?.over(record);
    this.#owner.onClosed(record);
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
        this.#tally.refusedAs = effect.refusal.code;
        this.#client.write(renderRefusal(effect.refusal, this.#method));
        return;
      case 'endClient':
        this.#client.end();
        return;
    }
  }

  #record(outcome: RequestOutcome): RequestRecord {
    const durationMs = this.#deps.clock.monotonicMs() - this.#begunAt;
    return { ...this.#tally, outcome, durationMs, silent: !this.#hasBegun };
  }
}

/** Whether the model itself answers, and not the server alone, which may live on beside a frozen engine. */
function isGenerating(route: ApiRoute | undefined): boolean {
  return route?.method === 'POST' && !/(?:tokenize|count_tokens|cancel)$/.test(route.path);
}
