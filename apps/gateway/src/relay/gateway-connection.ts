// One connection of a client: takes its requests one after the other, and carries the bytes of each.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import {
  describeWrongPath,
  dialectOf,
  fieldValue,
  HeadParser,
  interpretHead,
  pickRoute,
  type Refusal,
  refuse,
  type RequestHead,
} from '@fairlead/openai-wire';

import type { Grant } from '../accounts/account-records.ts';
import { isAccountPath } from '../accounts/account-routes.ts';
import type { AccountServer } from '../accounts/account-server.ts';
import { keyPrefix } from '../accounts/api-key.ts';
import { sourceOf } from '../accounts/guess-guard.ts';
import type { KeyProblem } from '../accounts/key-book.ts';
import { answerLocally, isHealthRoute, renderLocal } from '../http/answer-locally.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { keyInUrl, keyRefusal, lateProblems, tooManyKeys } from './problems.ts';
import type { RelayConnectionDeps } from './relay-deps.ts';
import { gatewayRoutes } from './relayed-routes.ts';
import { renderProblem } from './render-problem.ts';
import { asksToClose } from './render-upstream-head.ts';

export interface ConnectionOwner {
  /** Once, when nothing of the connection is left. */
  onClosed(connection: GatewayConnection): void;
  /** A channel whose answer is whole: closed when its other side does, or by the owner after a while. */
  linger(channel: Duplex): void;
}

const continueHead = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
/** Of requests that a client sends before it has its answer. */
const maxStashBytes = 64 * 1024;

export class GatewayConnection implements ExchangeClient {
  readonly #client: Duplex;
  readonly #deps: RelayConnectionDeps;
  readonly #owner: ConnectionOwner;
  #parser: HeadParser;
  #exchange: Exchange | undefined;
  /** What has come and is not taken yet: it waits behind the request that is being answered, or for a client that does not read. */
  #stash: Buffer[] = [];
  #isTaking = false;
  #waitingSince: number;
  /** The last answer is written: nothing more is taken. `hurried`: it is an error, for which a client gets little time. `handed`: others write it. */
  #closing: 'no' | 'patient' | 'hurried' | 'handed' = 'no';
  #isGone = false;

  constructor(client: Duplex, deps: RelayConnectionDeps, owner: ConnectionOwner) {
    this.#client = client;
    this.#deps = deps;
    this.#owner = owner;
    this.#parser = new HeadParser(deps.limits);
    this.#waitingSince = deps.clock.monotonicMs();
  }

  /** Takes ownership of the client's stream. */
  start(): void {
    const client = this.#client;
    client.on('error', () => this.#onGone());
    client.once('close', () => this.#onGone());
    client.once('end', this.#onEnd);
    client.on('drain', this.#onDrain);
    client.on('data', this.#onPiece);
    if (client.destroyed) this.#onGone();
  }

  /** Between two requests, or before the first. */
  get isIdle(): boolean {
    return !this.#exchange && this.#closing === 'no' && !this.#parser.started;
  }

  /** Nothing of it has shown a good key yet, or shows one now. */
  get isUnproven(): boolean {
    return !this.#exchange && (this.#closing === 'no' || this.#closing === 'handed');
  }

  get isFull(): boolean {
    // What 'drain' will end.
    return this.#client.writableNeedDrain;
  }

  refuseAll(refusal: Refusal): void {
    this.#answerProblem(refusal, undefined, this.#deps.createRequestId());
  }

  /** Ends what is idle at once, and answers what is not. */
  stop(): void {
    if (this.#exchange) this.#exchange.stop();
    else if (this.#closing === 'no' || this.#closing === 'handed') this.drop();
  }

  check(now: number): void {
    if (this.#exchange) return this.#exchange.check(now);
    const { headMs, bodyIdleMs, lingerMs, quietMs } = this.#deps.limits;
    const waitedMs = now - this.#waitingSince;
    if (this.#closing === 'handed') {
      if (waitedMs > bodyIdleMs) this.drop();
    } else if (this.#closing !== 'no') {
      // A slow reader may take its time over an answer.
      const limitMs = this.#closing === 'hurried' || this.#client.writableFinished ? lingerMs : quietMs;
      if (waitedMs > limitMs) this.drop();
    } else if (this.#parser.started) {
      if (waitedMs > headMs) this.refuseAll(lateProblems.head);
    } else if (waitedMs > this.#idleMs) this.drop();
  }

  get #idleMs(): number {
    const { limits, life } = this.#deps;
    return life.isDraining ? limits.drainIdleMs : limits.idleMs;
  }

  instancePaused(instanceId: string): void {
    this.#exchange?.instancePaused(instanceId);
  }

  write(bytes: Buffer): void {
    if (!this.#isGone) this.#client.write(bytes);
  }

  askForBody(): void {
    this.#client.write(continueHead);
  }

  finish(keepAlive: boolean, lingering: Duplex | undefined): void {
    if (lingering) this.#owner.linger(lingering);
    if (this.#isGone) return;
    if (keepAlive) this.#next();
    else this.#endClient('patient');
  }

  close(bytes: Buffer): void {
    this.#client.write(bytes);
    this.#endClient('hurried');
  }

  breakOff(bytes: Buffer | undefined): void {
    this.#beginClosing('hurried');
    if (bytes) this.#client.write(bytes, () => this.#client.destroy());
    else this.#client.destroy();
  }

  drop(): void {
    this.#client.destroy();
  }

  readonly #onPiece = (piece: Buffer): void => {
    if (this.#closing !== 'no') return;
    this.#stash.push(piece);
    this.#takeStash();
  };

  readonly #onDrain = (): void => {
    this.#exchange?.resumeAnswer();
    this.#takeStash();
  };

  /** A loop: thousands of requests may be in one piece. */
  #takeStash(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    while (this.#stash.length > 0 && this.#takesNow) this.#take(this.#stash.shift()!);
    this.#isTaking = false;
    const waiting = this.#stash.reduce((sum, { length }) => sum + length, 0);
    const isStalled = !this.#exchange && waiting > 0;
    if (isStalled || waiting > maxStashBytes) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }

  /** A client that does not read its answers gets no more of them. */
  get #takesNow(): boolean {
    return this.#exchange ? this.#exchange.isReadingBody : !this.isFull;
  }

  #take(piece: Buffer): void {
    if (!this.#exchange) return this.#readHead(piece);
    const rest = this.#exchange.takeBody(piece);
    if (rest) this.#putBack(rest);
  }

  #putBack(rest: Buffer): void {
    if (rest.length > 0 && this.#closing === 'no') this.#stash.unshift(rest);
  }

  #readHead(piece: Buffer): void {
    if (!this.#parser.started) this.#waitingSince = this.#deps.clock.monotonicMs();
    const step = this.#parser.push(piece);
    if (step.kind === 'more') return;
    if (step.kind === 'refused') return this.refuseAll(step.refusal);
    this.#putBack(step.rest);
    this.#serve(step.head);
  }

  #serve(head: RequestHead): void {
    const requestId = this.#deps.createRequestId();
    const refuseIt = (refusal: Refusal) => this.#answerProblem(refusal, head, requestId);
    const interpretation = interpretHead(head);
    if (!interpretation.ok) return refuseIt(interpretation.refusal);
    const interpreted = interpretation.value;
    const { accounts } = this.#deps;
    if (accounts && isAccountPath(head.path)) return this.#handOver(accounts, head);
    const pick = pickRoute(gatewayRoutes, head.method, head.path);
    const isPlain = interpreted.framing.kind === 'none';
    if (pick.ok && isHealthRoute(pick.route) && isPlain) return this.#answerLocal({ status: 'ok' }, head, requestId);
    const checked = this.#deps.keys.check(interpreted.credential, this.#deps.clock.now());
    if (!checked.ok) return refuseIt(this.#refusalOfKey(checked.why, head));
    if (!pick.ok) return refuseIt(noSuchRoute(head, pick.otherMethods));
    const { grant } = checked;
    const { clock, ledger, router, contextOf = () => undefined } = this.#deps;
    const leftOf = (one: Grant) => ledger.leftOf(one, { monotonicMs: clock.monotonicMs(), wallMs: clock.now() });
    const local = answerLocally(pick.route, head.path, { models: router.models, grant, leftOf, contextOf });
    if (local && !isPlain)
      return refuseIt(refuse('bad_request', 'A GET request has no body here. Correct the client.'));
    if (local) return local.ok ? this.#answerLocal(local.body, head, requestId) : refuseIt(local.refusal);
    const request = { head, interpreted, route: pick.route, dialect: dialectOf(head.path), grant, requestId };
    const exchange = new Exchange(this.#deps, this, request);
    this.#exchange = exchange;
    exchange.start();
  }

  /** A key that is good is never refused for the wrong ones of others from the same address. */
  #refusalOfKey(why: KeyProblem, head: RequestHead): Refusal {
    if (head.target.includes(keyPrefix)) return keyInUrl;
    const pauseMs = this.#deps.guesses.note(why, this.#sourceOf(head), this.#deps.clock.monotonicMs());
    return pauseMs === 0 ? keyRefusal(why) : tooManyKeys(pauseMs);
  }

  /** It stays counted, and is closed as the others are. */
  #handOver(accounts: Pick<AccountServer, 'take'>, head: RequestHead): void {
    const bytes = Buffer.concat([head.bytes, ...this.#stash]);
    this.#beginClosing('handed');
    this.#client.off('end', this.#onEnd).off('drain', this.#onDrain).off('data', this.#onPiece);
    accounts.take(this.#client, bytes, this.#sourceOf(head));
  }

  #sourceOf(head: RequestHead): string {
    const { remoteAddress } = this.#client as Partial<Pick<Socket, 'remoteAddress'>>;
    return sourceOf(head, remoteAddress);
  }

  #answerLocal(body: object, head: RequestHead, requestId: string): void {
    const keepAlive = !asksToClose(head) && !this.#deps.life.isDraining;
    this.#client.write(renderLocal(body, { requestId, keepAlive }));
    if (keepAlive) this.#next();
    else this.#endClient('patient');
  }

  #answerProblem(refusal: Refusal, head: RequestHead | undefined, requestId: string): void {
    const frame = { dialect: dialectOf(head?.path ?? ''), requestId, method: head?.method };
    this.close(renderProblem(refusal, frame));
  }

  /** The connection waits for its next request, which may be there. */
  #next(): void {
    this.#exchange = undefined;
    this.#parser = new HeadParser(this.#deps.limits);
    this.#waitingSince = this.#deps.clock.monotonicMs();
    this.#takeStash();
  }

  #endClient(how: 'patient' | 'hurried'): void {
    this.#beginClosing(how);
    this.#client.end();
    // Reads on and drops what comes: closing with unread bytes would reset the connection before the answer is read.
    this.#client.resume();
  }

  #beginClosing(how: 'patient' | 'hurried' | 'handed'): void {
    this.#closing = how;
    this.#exchange = undefined;
    this.#stash = [];
    this.#waitingSince = this.#deps.clock.monotonicMs();
  }

  /** HTTP clients that are done waiting close, and a proxy or a tunnel passes a close on as an end: an end is taken for leaving. */
  readonly #onEnd = (): void => {
    if (this.#exchange) this.#exchange.clientLeft();
    else if (this.#closing === 'no' || this.#client.writableFinished) this.#client.destroy();
    else this.#client.once('finish', () => this.#client.destroy());
  };

  #onGone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#client.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#closing = 'hurried';
    exchange?.clientLeft();
    this.#owner.onClosed(this);
  }
}

function noSuchRoute(head: RequestHead, otherMethods: readonly string[]): Refusal {
  if (otherMethods.length > 0)
    return {
      ...refuse('method_refused', `${head.path} takes ${otherMethods.join(' and ')} only. Correct the method.`),
      allow: otherMethods,
    };
  const value = (name: string) => {
    const field = head.fields.find((one) => one.name === name);
    return field && fieldValue(head, field);
  };
  const wrong = {
    path: head.path,
    routes: gatewayRoutes,
    host: value('host'),
    isTls: value('x-forwarded-proto') === 'https',
  };
  return refuse('route_refused', describeWrongPath(wrong));
}
