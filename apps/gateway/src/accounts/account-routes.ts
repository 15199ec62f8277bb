// What each of these routes answers. Synchronous: the store is. What is wrong is an answer, never thrown.

import { type CodedError, errorText, isCodedError, type Log } from '@fairlead/kit';
import { openAiError, type Refusal, refuse } from '@fairlead/openai-wire';
import {
  createMemberKey,
  decodeText,
  encodeText,
  joined,
  joinRequest,
  memberKey,
  memberKeyList,
  newMemberKey,
  type Read,
  rotatedMemberKey,
  rotateMemberKey,
  type Schema,
  wireErrors,
} from '@fairlead/protocol';

import type { GatewayErrorCode } from '../gateway-error.ts';
import { keyRefusal, tooManyKeys } from '../relay/problems.ts';
import type { GatewayStore } from '../store/gateway-store.ts';
import type { Grant } from './account-records.ts';
import type { LiveKeys } from './follow-accounts.ts';
import type { GuessGuard } from './guess-guard.ts';
import { openOwnKeys, type OwnKeys, type OwnKeysDeps } from './own-keys.ts';
import { redeemInvite } from './redeem-invite.ts';

export interface AccountRoutesDeps {
  store: Pick<GatewayStore, 'findInvite' | 'redeemInvite' | 'findMember'> & OwnKeysDeps['store'];
  keys: Pick<LiveKeys, 'check' | 'refresh'>;
  /** Of wrong codes and keys. */
  guesses: Pick<GuessGuard, 'note'>;
  /** At least 40 bytes of chance. */
  random: () => Buffer;
  now: () => { wallMs: number; monotonicMs: number };
  log: Pick<Log, 'info' | 'error'>;
}

export interface AccountCall {
  method: string;
  path: string;
  /** What the client presents as its key. */
  credential: string | undefined;
  body: string;
  /** The address of the client. */
  source: string;
}

export interface AccountReply {
  status: number;
  body: string;
  retryAfterSeconds?: number | undefined;
}

const accountPaths = /^\/v1\/(join|keys(\/[^/]+(\/rotate)?)?)$/;

/** Whether a request is for these routes, whatever its method. */
export function isAccountPath(path: string): boolean {
  return path.startsWith('/v1/') && accountPaths.test(path);
}

export function answerAccountCall(call: AccountCall, deps: AccountRoutesDeps): AccountReply {
  const { method, path, source } = call;
  const op = 'gateway.account';
  try {
    const body = route(call, deps);
    deps.log.info({ op, ok: true, method, path, source });
    return { status: 200, body };
  } catch (error) {
    if (error instanceof Refused) return refusalReply(error.refusal);
    // A member cannot mend the store, and is not told where it is.
    const isOwn = isCodedError(error) && !isCodedError(error, 'gateway_store_failed');
    const known = isOwn ? (error as CodedError<GatewayErrorCode>) : undefined;
    deps.log[known ? 'info' : 'error']({ op, ok: false, method, path, source, error: errorText(error) });
    return known ? failureReply(known) : refusalReply(refuse('not_ready', 'The log of the gateway says why.'));
  }
}

export function tooLargeReply(mostBytes: number): AccountReply {
  return refusalReply(refuse('payload_too_large', `The body is too large: at most ${mostBytes} bytes.`));
}

/** What an HTTP client is told by its status. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function route(call: AccountCall, deps: AccountRoutesDeps): string {
  if (call.path === '/v1/join') {
    if (call.method !== 'POST') throw methodRefused(call.path, 'POST');
    return encodeText(joined, join(call, deps));
  }
  const [, , , id, verb] = call.path.split('/');
  const own = openOwnKeys(grantOf(call, deps), { ...deps, nowMs: deps.now().wallMs, source: call.source });
  const body = routeKeys(call, own, { id, verb });
  deps.keys.refresh();
  return body;
}

function routeKeys(
  call: AccountCall,
  own: OwnKeys,
  { id, verb }: { id?: string | undefined; verb?: string | undefined },
) {
  const { method, path, body } = call;
  if (id === undefined) {
    if (method === 'GET') return encodeText(memberKeyList, { object: 'list', data: own.list() });
    if (method === 'POST') return encodeText(newMemberKey, own.create(read(createMemberKey, body)));
    throw methodRefused(path, 'GET', 'POST');
  }
  if (verb === undefined) {
    if (method === 'DELETE') return encodeText(memberKey, own.revoke(id));
    throw methodRefused(path, 'DELETE');
  }
  if (method === 'POST') return encodeText(rotatedMemberKey, own.rotate(id, read(rotateMemberKey, body).overlapMs));
  throw methodRefused(path, 'POST');
}

function grantOf({ credential, source }: AccountCall, { keys, guesses, now }: AccountRoutesDeps): Grant {
  const { wallMs, monotonicMs } = now();
  const checked = keys.check(credential, wallMs);
  if (checked.ok) return checked.grant;
  const pauseMs = guesses.note(checked.why, source, monotonicMs);
  throw new Refused(pauseMs > 0 ? tooManyKeys(pauseMs) : keyRefusal(checked.why));
}

function join({ body, source }: AccountCall, deps: AccountRoutesDeps) {
  const { store, guesses, now, random } = deps;
  const { invite } = read(joinRequest, body);
  const { wallMs: nowMs, monotonicMs } = now();
  try {
    const joined = redeemInvite(invite.reveal(), { store, random: random(), nowMs, source });
    deps.keys.refresh();
    return joined;
  } catch (error) {
    const why = isCodedError(error, 'invite_unknown') ? 'unknown' : 'mistyped';
    const isGuess = isCodedError(error, 'invite_unknown', 'invite_mistyped');
    const pauseMs = isGuess ? guesses.note(why, source, monotonicMs) : 0;
    throw pauseMs > 0 ? new Refused(tooManyKeys(pauseMs)) : error;
  }
}

function read<T extends Schema>(schema: T, body: string): Read<T> {
  const decoded = decodeText(schema, body);
  if (decoded.ok) return decoded.value;
  const where = decoded.path === '' ? 'it' : decoded.path;
  throw new Refused(
    refuse('bad_request', `The body of this request cannot be used because ${where} ${decoded.message}.`),
  );
}

function methodRefused(path: string, ...allowed: readonly string[]): Refused {
  return new Refused({ ...refuse('method_refused', `${path} takes ${allowed.join(' and ')} only.`), allow: allowed });
}

const statuses: Partial<Record<GatewayErrorCode, number>> = {
  account_invalid: 400,
  invite_mistyped: 400,
  invite_unknown: 404,
  invite_used: 410,
  invite_expired: 410,
  key_unknown: 404,
  key_scope: 403,
};

function failureReply({ code, message, hint }: CodedError<GatewayErrorCode>): AccountReply {
  const status = statuses[code] ?? 503;
  const { error } = openAiError({ status, code, message }) as { error: object };
  return { status, body: JSON.stringify({ error: { ...error, hint } }) };
}

function refusalReply({ code, message, retryAfterSeconds }: Refusal): AccountReply {
  const { status } = wireErrors[code];
  return { status, body: JSON.stringify(openAiError({ status, code, message })), retryAfterSeconds };
}
