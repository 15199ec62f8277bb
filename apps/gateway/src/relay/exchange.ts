// One request and its answer: performs what `stepRequest` decides. The connection of the client is its caller's.

import type { Duplex } from 'node:stream';

import { backoffMs, callLater } from '@fairlead/kit';
import { errorEventOf, type Refusal } from '@fairlead/openai-wire';
import { wireErrors } from '@fairlead/protocol';

import type { Ticket } from '../admission/fair-admission.ts';
import type { Now } from '../limits/budget.ts';
import type { Reservation } from '../limits/ledger.ts';
import type { Offer, OfferedModel } from '../routing/offer.ts';
import type { OfferVerdict } from '../routing/router.ts';
import type { UsageRecord } from '../usage/usage-record.ts';
import { queueFields } from './queue-fields.ts';
import { AnswerRelay, type AnswerStep } from './answer-relay.ts';
import { maxTokensOf } from '../limits/max-tokens-of.ts';
import { type ExchangeClient, type ExchangeRequest, whoAsked } from './exchange-client.ts';
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
  queuedTooLong,
  queueFull,
  upstreamProblem,
} from './problems.ts';
import { readFormWish, readWish, type RequestWish } from './read-wish.ts';
import { hasOtherOffers, isGone } from './other-offers.ts';
import { PassageTally } from './passage-tally.ts';
import type { RelayConnectionDeps } from './relay-deps.ts';
import { isGenerating, takesForm } from './relayed-routes.ts';
import { renderProblem } from './render-problem.ts';
import { asksToClose, contentEncodingOf, contentTypeOf, renderUpstreamRequest } from './render-upstream-head.ts';
import { refusesKey } from './refuses-key.ts';
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
import { verdictOf } from './verdict-of.ts';

const nothing = Buffer.alloc(0);
const retryPause = { baseMs: 20, maxMs: 250 };

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
  #ticket: Ticket | undefined;
  #sent: { offer: Offer; tokens: number } | undefined;
  /** The instance that had the request last. */
  #lastOffer: Offer | undefined;
  #upstream: Upstream | undefined;
  #answer: AnswerRelay | undefined;
  #lastBytes: Buffer = nothing;
  /** The channel of an answer that is whole. */
  #lingering: Duplex | undefined;
  #firstByteMs: number | undefined;
  #status: number | undefined;
  /** What is left of the limits, for the head of the answer. */
  #limitFields: readonly string[] = [];

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

  /** The channel to this instance is lost. Without an answer it does better elsewhere; where it may not be sent again it waits. */
  instancePaused(instanceId: string): void {
    const isThere = this.#sent?.offer.instanceId === instanceId;
    if (!isThere || this.#state.phase !== 'waiting' || !this.#hasOthers() || !this.#takeRetry()) return;
    this.#leave('the connection to it was lost', true);
  }

  /** The client takes more again. */
  resumeAnswer(): void {
    this.#upstream?.resume();
  }

  /** Called every now and then, instead of timers for each request. `now`: of the clock that never goes back. */
  check(now: number): void {
    const { keys, clock, limits } = this.#deps;
    const why = keys.recheck(this.#request.grant.key.id, clock.now());
    if (why) return this.#apply({ type: 'key.ended', problem: keyRefusal(why) });
    const waitedMs = now - this.#waitingSince;
    const { phase } = this.#state;
    const isLate = waitedMs > limits.bodyIdleMs || now - this.#begunAt > limits.bodyMs;
    if (phase === 'authenticated' && isLate) this.#timeOut(lateProblems.body);
    if (phase === 'queued' && waitedMs > limits.queueMs)
      this.#refuse(queuedTooLong(waitedMs, this.#deps.admission.sizeOf(this.#model!.id) - 1));
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
    const { grant, route, head } = this.#request;
    const read = takesForm(route) ? readFormWish(body, contentTypeOf(head)) : readWish(body, route, maxTokensOf(grant));
    if (!read.ok) return this.#refuse(badBody(read.problem));
    const { wish } = read;
    const found = findOfferedModel(this.#deps.router.models, grant.key, wish.model);
    if (!found.ok) return this.#refuse(found.refusal);
    this.#wish = wish;
    this.#model = found.model;
    this.#bodyBytes = body;
    const { ledger } = this.#deps;
    const now = this.#now();
    const admitted = ledger.reserve(grant, this.#wantedTokens, now);
    this.#limitFields = limitFields(admitted.ok ? ledger.leftOf(grant, now) : [admitted]);
    if (!admitted.ok) return this.#refuse(limitRefusal(admitted));
    this.#reservation = admitted.reservation;
    this.#apply({ type: 'budget.reserved' });
  }

  #now(): Now {
    const { clock } = this.#deps;
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
  }

  get #wantedTokens(): number {
    return this.#wish ? this.#wish.promptEstimate + this.#wish.answerLimit : 0;
  }

  #queue(): void {
    const onTurn = (ticket: Ticket) => {
      this.#ticket = ticket;
      this.#apply({ type: 'turn.come' });
    };
    const { grant } = this.#request;
    const entered = this.#deps.admission.enter({ grant, model: this.#model!.id, tokens: this.#wantedTokens, onTurn });
    if (!entered.ok) return this.#refuse(queueFull(entered));
    this.#ticket = entered.ticket;
  }

  #pick(): void {
    const model = this.#deps.router.models.get(this.#model!.id) ?? { ...this.#model!, offers: [] };
    const offer = this.#deps.router.pick(model, this.#tried);
    if (!offer) return this.#refuse(modelNotReady(model));
    this.#sent = { offer, tokens: this.#wantedTokens };
    this.#deps.router.begin(offer, this.#sent.tokens);
    this.#apply({ type: 'offer.picked' });
  }

  #dial(): void {
    const { head, interpreted, dialect, requestId } = this.#request;
    const { offer } = this.#sent!;
    const wish = this.#wish!;
    const pieces = renderUpstreamRequest(this.#request, { offer, wish, body: this.#bodyBytes });
    const isLast = asksToClose(head) || this.#deps.life.isDraining;
    const keepAlive = interpreted.framing.kind === 'length' && !isLast;
    this.#answer = new AnswerRelay({
      dialect,
      requestId,
      version: head.version,
      keepAlive,
      hidesUsage: wish.usageEdit !== undefined,
      fields: [...this.#limitFields, ...(this.#ticket ? queueFields(this.#ticket) : [])],
    });
    this.#upstream = new Upstream((signal) => this.#deps.reach(offer, signal), pieces, {
      onConnected: () => this.#apply({ type: 'upstream.connected' }),
      onPiece: (piece) => this.#takeAnswer(this.#answer!.take(piece)),
      onClosed: (why) => (why === undefined ? this.#takeAnswer(this.#answer!.end()) : this.#fail(why)),
    });
  }

  #takeAnswer(step: AnswerStep): void {
    if (step.kind === 'bad') return this.#fail(step.why);
    this.#waitingSince = this.#deps.clock.monotonicMs();
    // Where there is no other instance its own words say best what is wrong.
    if (this.#state.phase === 'waiting' && isGone(this.#answer!.status) && this.#hasOthers())
      return this.#fail(`it answered ${this.#answer!.status}`);
    if (this.#state.phase === 'waiting' && refusesKey(this.#sent?.offer, this.#answer!.status))
      return this.#fail(`it refuses the key that the gateway has for it (${this.#answer!.status})`);
    const { bytes } = step;
    if (!bytes) return;
    if (this.#state.phase === 'waiting') {
      this.#firstByteMs = this.#waitingSince - this.#begunAt;
      this.#status = this.#answer!.status;
      this.#releaseBody();
      this.#apply({ type: 'answer.begun' });
    }
    if (step.kind === 'done') {
      this.#lastBytes = bytes;
      this.#lingering = this.#upstream?.release();
      return this.#apply({ type: 'answer.ended' });
    }
    this.#client.write(bytes);
    if (this.#client.isFull) this.#upstream?.pause();
  }

  #hasOthers(): boolean {
    const been = { at: this.#sent?.offer.instanceId, tried: this.#tried };
    return hasOtherOffers(this.#deps.router.models, this.#model!.id, been);
  }

  #fail(why: string): void {
    this.#leave(why, this.#takeRetry());
  }

  #takeRetry(): boolean {
    return isRetryable(this.#state) && this.#deps.router.takeRetry();
  }

  #leave(why: string, mayRetry: boolean): void {
    const problem = upstreamProblem(this.#wish?.model ?? 'the model', why);
    this.#endSent({ kind: 'failed', reason: why });
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
    if (state.phase !== 'settled' || before.phase === 'settled') return this.#performAll(effects);
    // What a client has got whole is never forgotten: its last bytes follow the record.
    const isWhole = state.outcome === 'completed';
    const record = this.#settle(state.outcome, effects);
    this.#deps.onSettled(record, isWhole ? () => this.#performAll(effects) : undefined);
    if (!isWhole) this.#performAll(effects);
  }

  #performAll(effects: readonly RequestEffect[]): void {
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RequestEffect): void {
    switch (effect.do) {
      case 'readBody':
        return this.#beginBody();
      case 'queue':
        return this.#queue();
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
        const frame = { dialect, requestId, method: head.method, fields: this.#limitFields };
        return this.#client.close(renderProblem(effect.problem, frame));
      }
      case 'breakOff':
        return this.#client.breakOff(this.#lastWords(effect.problem));
      case 'finish':
        this.#client.write(this.#lastBytes);
        return this.#client.finish(this.#answer!.keepsAlive, this.#lingering);
      case 'dropClient':
        return this.#client.drop();
    }
  }

  #lastWords(problem: Refusal): Buffer | undefined {
    if (!this.#answer?.isEventStream) return undefined;
    const { status } = wireErrors[problem.code];
    return this.#answer.frame(errorEventOf(this.#request.dialect, { ...problem, status }));
  }

  #settle(outcome: GatewayOutcome, effects: readonly RequestEffect[]): UsageRecord {
    this.#pause?.abort();
    this.#releaseBody();
    const said = effects.find((effect) => effect.do === 'answer');
    if (said) this.#status = wireErrors[said.problem.code].status;
    const answered = { status: this.#answer?.status, engineError: this.#answer?.tally.engineError === true };
    this.#endSent(verdictOf(outcome, answered));
    const { route } = this.#request;
    const now = this.#deps.clock.monotonicMs();
    const isWhole = outcome === 'completed';
    const ok = (this.#status ?? 0) < 400;
    const counted = { isWhole, generates: isGenerating(route) && ok, promptEstimate: this.#wish?.promptEstimate ?? 0 };
    const tokens = (this.#answer?.tally ?? new PassageTally()).tokens(counted);
    if (this.#reservation)
      this.#deps.ledger.settle(this.#reservation, tokens.promptTokens + tokens.completionTokens, this.#now());
    if (this.#ticket) this.#deps.admission.leave(this.#ticket, tokens.promptTokens + tokens.completionTokens);
    return {
      ...whoAsked(this.#request),
      atMs: this.#atMs,
      model: this.#model?.id ?? '',
      deployment: this.#lastOffer?.deployment,
      instanceId: this.#lastOffer?.instanceId,
      outcome: isWhole && answered.engineError ? 'upstream_failed' : outcome,
      status: this.#status,
      firstByteMs: this.#firstByteMs,
      queuedMs: this.#ticket?.waitedMs ?? 0,
      totalMs: now - this.#begunAt,
      ...tokens,
    };
  }
}
