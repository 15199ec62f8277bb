// One request and its answer: performs what `stepRequest` decides. The connection of the client is its caller's.

import type { Duplex } from 'node:stream';

import { backoffMs, callLater } from '@fairlead/kit';
import {
  type ApiRoute,
  type Dialect,
  errorEventOf,
  type Interpreted,
  type Refusal,
  type RequestHead,
} from '@fairlead/openai-wire';
import { wireErrors } from '@fairlead/protocol';

import type { Grant } from '../accounts/account-records.ts';
import type { Reservation } from '../limits/ledger.ts';
import type { Offer, OfferedModel } from '../routing/offer.ts';
import type { OfferVerdict } from '../routing/router.ts';
import { AnswerRelay, type AnswerStep } from './answer-relay.ts';
import { findOfferedModel } from './find-offered-model.ts';
import {
  badBody,
  compressedBody,
  keyRefusal,
  lateProblems,
  limitFields,
  limitRefusal,
  modelNotReady,
  noBodyRoom,
  upstreamProblem,
} from './problems.ts';
import { applyEdits, type BodyEdit, readWish, type RequestWish } from './read-wish.ts';
import { PassageTally } from './passage-tally.ts';
import type { RelayConnectionDeps } from './relay-deps.ts';
import { isGenerating } from './relayed-routes.ts';
import { renderProblem } from './render-problem.ts';
import { asksToClose, contentEncodingOf, renderUpstreamHead } from './render-upstream-head.ts';
import { RequestBody } from './request-body.ts';
import {
  type GatewayOutcome,
  isRetryable,
  type RequestEffect,
  type RequestInput,
  type RequestState,
  stepRequest,
} from './request-life.ts';
import { Upstream } from './upstream.ts';

export interface ExchangeRequest {
  head: RequestHead;
  interpreted: Interpreted;
  route: ApiRoute;
  dialect: Dialect;
  grant: Grant;
  requestId: string;
}

/** The connection, as an exchange uses it. */
export interface ExchangeClient {
  /** An upstream is to pause until `resumeAnswer`. */
  readonly isFull: boolean;
  write(bytes: Buffer): void;
  /** The head of a client that waits with its body. */
  askForBody(): void;
  /** The answer is over. `keepAlive`: the next request may come. */
  finish(keepAlive: boolean, lingering: Duplex | undefined): void;
  /** The last bytes; the client's side is read on for a while. */
  close(bytes: Buffer): void;
  /** The last bytes, behind which the connection is destroyed: no client may take this for a clean end. */
  breakOff(bytes: Buffer | undefined): void;
  drop(): void;
}

const nothing = Buffer.alloc(0);
const retryPause = { baseMs: 20, maxMs: 250 };
/** An instance that answers so is dying, or a proxy before it: another one may do better. */
const goneStatuses: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

export class Exchange {
  readonly #deps: RelayConnectionDeps;
  readonly #client: ExchangeClient;
  readonly #request: ExchangeRequest;
  readonly #body: RequestBody;
  readonly #begunAt: number;
  readonly #atMs: number;
  /** Of the pause before another try. */
  #pause: AbortController | undefined;
  readonly #tried = new Set<string>();
  #state: RequestState = { phase: 'received' };
  /** When the present wait began. */
  #waitingSince: number;
  #wish: RequestWish | undefined;
  #model: OfferedModel | undefined;
  #bodyBytes: Buffer = nothing;
  #heldBytes = 0;
  #reservation: Reservation | undefined;
  #sent: { offer: Offer; tokens: number } | undefined;
  /** The instance that had the request last. */
  #lastOffer: Offer | undefined;
  #upstream: Upstream | undefined;
  #answer: AnswerRelay | undefined;
  #firstByteMs: number | undefined;
  #status: number | undefined;
  #problemFields: readonly string[] = [];

  constructor(deps: RelayConnectionDeps, client: ExchangeClient, request: ExchangeRequest) {
    this.#deps = deps;
    this.#client = client;
    this.#request = request;
    this.#body = new RequestBody(request.interpreted.framing, deps.limits.bodyBytes);
    this.#begunAt = this.#waitingSince = deps.clock.monotonicMs();
    this.#atMs = deps.clock.now();
  }

  get isReadingBody(): boolean {
    return this.#state.phase === 'authenticated';
  }

  get isSettled(): boolean {
    return this.#state.phase === 'settled';
  }

  start(): void {
    this.#deps.router.noteRequest();
    this.#apply({ type: 'key.accepted' });
  }

  /** Returns what belongs to the next request. */
  takeBody(piece: Buffer): Buffer | undefined {
    const { isDone, rest, refusal } = this.#body.take(piece);
    this.#waitingSince = this.#deps.clock.monotonicMs();
    if (refusal) this.#refuse(refusal);
    else if (!this.#holdBody()) this.#refuse(noBodyRoom);
    else if (isDone) this.#admit(this.#body.whole());
    return rest;
  }

  #holdBody(): boolean {
    const more = this.#body.heldBytes - this.#heldBytes;
    if (!this.#deps.bodies.take(this.#request.grant.member.name, more)) return false;
    this.#heldBytes += more;
    return true;
  }

  #releaseBody(): void {
    this.#bodyBytes = nothing;
    this.#deps.bodies.give(this.#request.grant.member.name, this.#heldBytes);
    this.#heldBytes = 0;
  }

  clientLeft(): void {
    this.#apply({ type: 'client.left' });
  }

  stop(): void {
    this.#apply({ type: 'gateway.stopped' });
  }

  /** The client takes more again. */
  resumeAnswer(): void {
    this.#upstream?.resume();
  }

  /** Called every now and then, instead of timers for each request. `now`: of the clock that never goes back. */
  check(now: number): void {
    const { keys, clock, limits, router } = this.#deps;
    const why = keys.recheck(this.#request.grant.key.id, clock.now());
    if (why) return this.#apply({ type: 'key.ended', problem: keyRefusal(why) });
    if (this.#sent && router.isSuperseded(this.#sent.offer)) return this.#fail('its tunnel was replaced');
    const waitedMs = now - this.#waitingSince;
    const { phase } = this.#state;
    const isLate = waitedMs > limits.bodyIdleMs || now - this.#begunAt > limits.bodyMs;
    if (phase === 'authenticated' && isLate) this.#timeOut(lateProblems.body);
    if (phase === 'connecting' && waitedMs > limits.connectMs) this.#fail('it did not take the connection in time');
    if (phase === 'waiting' && waitedMs > limits.firstByteMs) this.#timeOut(lateProblems.firstByte);
    if (phase === 'streaming' && waitedMs > limits.quietMs && !this.#client.isFull) this.#timeOut(lateProblems.quiet);
  }

  #timeOut(problem: Refusal): void {
    this.#apply({ type: 'time.over', problem });
  }

  #refuse(refusal: Refusal): void {
    this.#apply({ type: 'request.refused', refusal });
  }

  #beginBody(): void {
    const { head, interpreted } = this.#request;
    const tooLarge = RequestBody.refusalOf(interpreted.framing, this.#deps.limits.bodyBytes);
    if (tooLarge) return this.#refuse(tooLarge);
    if (contentEncodingOf(head) !== undefined) return this.#refuse(compressedBody);
    if (this.#body.isEmpty) return this.#refuse(badBody('there is none'));
    if (interpreted.expectsContinue) this.#client.askForBody();
  }

  /** The body is whole: what does it ask for, and may it? */
  #admit(body: Buffer): void {
    const { grant, route } = this.#request;
    const read = readWish(body, route);
    if (!read.ok) return this.#refuse(badBody(read.problem));
    const { wish } = read;
    const found = findOfferedModel(this.#deps.router.models, grant.key, wish.model);
    if (!found.ok) return this.#refuse(found.refusal);
    this.#wish = wish;
    this.#model = found.model;
    this.#bodyBytes = body;
    const now = this.#deps.clock.monotonicMs();
    const admitted = this.#deps.ledger.reserve(grant.member, wish.promptEstimate + wish.answerLimit, now);
    if (!admitted.ok) {
      this.#problemFields = limitFields(admitted);
      return this.#refuse(limitRefusal(admitted));
    }
    this.#reservation = admitted.reservation;
    this.#apply({ type: 'budget.reserved' });
  }

  #pick(): void {
    const model = this.#deps.router.models.get(this.#model!.id) ?? { ...this.#model!, offers: [] };
    const offer = this.#deps.router.pick(model, this.#tried);
    if (!offer) return this.#refuse(modelNotReady(model));
    const { promptEstimate, answerLimit } = this.#wish!;
    this.#sent = { offer, tokens: promptEstimate + answerLimit };
    this.#deps.router.begin(offer, this.#sent.tokens);
    this.#apply({ type: 'offer.picked' });
  }

  #dial(): void {
    const { head, interpreted, dialect, requestId } = this.#request;
    const { offer } = this.#sent!;
    const { modelRange, usageEdit, model } = this.#wish!;
    const edits: BodyEdit[] = usageEdit ? [usageEdit] : [];
    if (offer.servedModel !== model) edits.push({ ...modelRange, text: JSON.stringify(offer.servedModel) });
    const body = applyEdits(this.#bodyBytes, edits);
    const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
    const upstreamHead = renderUpstreamHead(head, interpreted, { apiKey: offer.apiKey.reveal(), bodyBytes });
    const keepAlive = interpreted.framing.kind === 'length' && !asksToClose(head);
    this.#answer = new AnswerRelay({
      dialect,
      requestId,
      version: head.version,
      keepAlive,
      hidesUsage: usageEdit !== undefined,
    });
    this.#upstream = new Upstream((signal) => this.#deps.reach(offer, signal), [upstreamHead, ...body], {
      onConnected: () => this.#apply({ type: 'upstream.connected' }),
      onPiece: (piece) => this.#takeAnswer(this.#answer!.take(piece)),
      onClosed: (why) => (why === undefined ? this.#takeAnswer(this.#answer!.end()) : this.#fail(why)),
    });
  }

  #takeAnswer(step: AnswerStep): void {
    if (step.kind === 'bad') return this.#fail(step.why);
    this.#waitingSince = this.#deps.clock.monotonicMs();
    if (this.#state.phase === 'waiting' && this.#shouldGoElsewhere())
      return this.#fail(`it answered ${this.#answer!.status}`);
    const { bytes } = step;
    if (!bytes) return;
    if (this.#state.phase === 'waiting') {
      this.#firstByteMs = this.#waitingSince - this.#begunAt;
      this.#status = this.#answer!.status;
      this.#releaseBody();
      this.#apply({ type: 'answer.begun' });
    }
    this.#client.write(bytes);
    if (step.kind === 'done') this.#apply({ type: 'answer.ended' });
    else if (this.#client.isFull) this.#upstream?.pause();
  }

  /** Where there is no other instance its own words say best what is wrong. */
  #shouldGoElsewhere(): boolean {
    if (!goneStatuses.has(this.#answer!.status)) return false;
    const others = this.#deps.router.models.get(this.#model!.id)?.offers ?? [];
    return others.some(({ instanceId }) => instanceId !== this.#sent?.offer.instanceId && !this.#tried.has(instanceId));
  }

  #fail(why: string): void {
    const problem = upstreamProblem(this.#wish?.model ?? 'the model', why);
    this.#endSent({ kind: 'failed', reason: why });
    const mayRetry = isRetryable(this.#state) && this.#deps.router.takeRetry();
    this.#apply({ type: 'upstream.failed', problem, mayRetry });
  }

  #endSent(verdict: OfferVerdict): void {
    if (!this.#sent) return;
    this.#deps.router.end(this.#sent.offer, this.#sent.tokens, verdict);
    if (verdict.kind === 'failed') this.#tried.add(this.#sent.offer.instanceId);
    this.#lastOffer = this.#sent.offer;
    this.#sent = undefined;
  }

  #pickLater(): void {
    this.#pause = new AbortController();
    const afterMs = backoffMs(retryPause, this.#tried.size, this.#deps.random());
    callLater(() => this.#pick(), { clock: this.#deps.clock, afterMs, signal: this.#pause.signal });
  }

  #apply(input: RequestInput): void {
    const before = this.#state;
    const { state, effects } = stepRequest(before, input);
    this.#state = state;
    if (state !== before) this.#waitingSince = this.#deps.clock.monotonicMs();
    if (state.phase === 'settled' && before.phase !== 'settled') this.#settle(state.outcome, effects);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RequestEffect): void {
    switch (effect.do) {
      case 'readBody':
        return this.#beginBody();
      case 'pick':
        return this.#pick();
      case 'pickLater':
        return this.#pickLater();
      case 'dial':
        return this.#dial();
      case 'dropUpstream':
        this.#upstream?.drop();
        this.#upstream = undefined;
        return;
      case 'answer': {
        const { dialect, requestId, head } = this.#request;
        const frame = { dialect, requestId, method: head.method, fields: this.#problemFields };
        return this.#client.close(renderProblem(effect.problem, frame));
      }
      case 'breakOff':
        return this.#client.breakOff(this.#lastWords(effect.problem));
      case 'finish':
        return this.#client.finish(this.#answer!.keepsAlive, this.#upstream?.release());
      case 'dropClient':
        return this.#client.drop();
    }
  }

  #lastWords(problem: Refusal): Buffer | undefined {
    if (!this.#answer?.isEventStream) return undefined;
    const { status } = wireErrors[problem.code];
    return this.#answer.frame(errorEventOf(this.#request.dialect, { ...problem, status }));
  }

  #settle(outcome: GatewayOutcome, effects: readonly RequestEffect[]): void {
    this.#pause?.abort();
    this.#releaseBody();
    const said = effects.find((effect) => effect.do === 'answer');
    if (said) this.#status = wireErrors[said.problem.code].status;
    this.#endSent(this.#verdictOf(outcome));
    const { grant, route, requestId } = this.#request;
    const now = this.#deps.clock.monotonicMs();
    const isWhole = outcome === 'completed';
    const ok = (this.#status ?? 0) < 400;
    const counted = { isWhole, generates: isGenerating(route) && ok, promptEstimate: this.#wish?.promptEstimate ?? 0 };
    const tokens = (this.#answer?.tally ?? new PassageTally()).tokens(counted);
    if (this.#reservation)
      this.#deps.ledger.settle(this.#reservation, tokens.promptTokens + tokens.completionTokens, now);
    this.#deps.onSettled({
      requestId,
      atMs: this.#atMs,
      member: grant.member.name,
      team: grant.member.team,
      keyId: grant.key.id,
      model: this.#model?.id ?? '',
      deployment: this.#lastOffer?.deployment,
      instanceId: this.#lastOffer?.instanceId,
      route: route.path,
      outcome: isWhole && this.#answer?.tally.engineError ? 'upstream_failed' : outcome,
      status: this.#status,
      firstByteMs: this.#firstByteMs,
      totalMs: now - this.#begunAt,
      ...tokens,
    });
  }

  /** What its client or its key did says nothing of the instance, and nor do errors of the request itself. */
  #verdictOf(outcome: GatewayOutcome): OfferVerdict {
    if (outcome === 'timed_out') return { kind: 'failed', reason: 'it did not answer in time' };
    if (outcome !== 'completed') return { kind: 'dropped' };
    if (this.#answer?.tally.engineError) return { kind: 'failed', reason: 'it sent an error within its answer' };
    const status = this.#answer?.status ?? 0;
    return status >= 500 ? { kind: 'failed', reason: `it answered ${status}` } : { kind: 'succeeded' };
  }
}
