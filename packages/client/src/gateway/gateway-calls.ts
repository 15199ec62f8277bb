// What a member asks a gateway about their account. Each call is one request on a connection of its own.

import type { Duplex } from 'node:stream';

import { CodedError, type Secret } from '@fairlead/kit';
import {
  accountError,
  createMemberKey,
  type CreateMemberKey,
  decodeText,
  encodeText,
  type GatewayModel,
  gatewayModelList,
  type Joined,
  joined,
  joinRequest,
  memberKey,
  type MemberKey,
  memberKeyList,
  newMemberKey,
  type NewMemberKey,
  ownUsage,
  type OwnUsage,
  type Read,
  rotatedMemberKey,
  type RotatedMemberKey,
  rotateMemberKey,
  type Schema,
} from '@fairlead/protocol';

import { type ClientErrorCode, GatewayAnswerError } from '../client-error.ts';
import { readAnswer, sendOverChannel } from '../openai/channel-request.ts';
import type { CallOptions } from '../openai/openai-calls.ts';
import type { GatewayUrl } from './gateway-url.ts';

export interface GatewayCallsDeps {
  url: GatewayUrl;
  /** A new connection to the gateway, which a call closes. */
  dial: (signal: AbortSignal | undefined) => Promise<Duplex>;
  /** Absent: for `join` alone. */
  apiKey?: Secret | undefined;
}

export interface GatewayCalls {
  /** Redeems an invitation. Throws `GatewayAnswerError` with `invite_mistyped`, `invite_unknown`, `invite_used` or `invite_expired`. */
  join(invite: Secret, options?: CallOptions): Promise<Joined>;
  /** Those that the key may use. */
  listModels(options?: CallOptions): Promise<GatewayModel[]>;
  /** What is left of the limits of the key. */
  usage(options?: CallOptions): Promise<OwnUsage>;
  /** Those of the member. */
  listKeys(options?: CallOptions): Promise<MemberKey[]>;
  /** Another key of the member, for no more than this one is for. */
  createKey(wanted: CreateMemberKey, options?: CallOptions): Promise<NewMemberKey>;
  /** Another key like this one, which is good for as long as `overlapMs` says. */
  rotateKey(id: string, overlapMs: number, options?: CallOptions): Promise<RotatedMemberKey>;
  revokeKey(id: string, options?: CallOptions): Promise<MemberKey>;
}

export function createGatewayCalls(deps: GatewayCallsDeps): GatewayCalls {
  return {
    join: (invite, options = {}) =>
      call(deps, {
        what: 'join',
        method: 'POST',
        path: '/v1/join',
        body: encodeText(joinRequest, { invite }),
        answer: joined,
        ...options,
      }),
    async listModels(options = {}) {
      const wanted = { what: 'list the models', method: 'GET', path: '/v1/models', answer: gatewayModelList };
      return (await call(deps, { ...wanted, ...options })).data;
    },
    usage: (options = {}) =>
      call(deps, { what: 'ask for usage', method: 'GET', path: '/v1/usage', answer: ownUsage, ...options }),
    async listKeys(options = {}) {
      const wanted = { what: 'list your keys', method: 'GET', path: '/v1/keys', answer: memberKeyList };
      return (await call(deps, { ...wanted, ...options })).data;
    },
    createKey: (wanted, options = {}) =>
      call(deps, {
        what: 'make a key',
        method: 'POST',
        path: '/v1/keys',
        body: encodeText(createMemberKey, wanted),
        answer: newMemberKey,
        ...options,
      }),
    rotateKey: (id, overlapMs, options = {}) =>
      call(deps, {
        what: `rotate the key ${id}`,
        method: 'POST',
        path: `/v1/keys/${encodeURIComponent(id)}/rotate`,
        body: encodeText(rotateMemberKey, { overlapMs }),
        answer: rotatedMemberKey,
        ...options,
      }),
    revokeKey: (id, options = {}) =>
      call(deps, {
        what: `revoke the key ${id}`,
        method: 'DELETE',
        path: `/v1/keys/${encodeURIComponent(id)}`,
        answer: memberKey,
        ...options,
      }),
  };
}

interface GatewayCall<Answer extends Schema> extends CallOptions {
  /** Reads on after "cannot". */
  what: string;
  method: string;
  path: string;
  body?: string | undefined;
  answer: Answer;
}

async function call<Answer extends Schema>(
  { url, dial, apiKey }: GatewayCallsDeps,
  { what, method, path, body, answer: schema, signal }: GatewayCall<Answer>,
): Promise<Read<Answer>> {
  const deps = {
    name: `the gateway ${url.href}`,
    host: url.host,
    prefix: url.prefix,
    paths: { open: async (until?: AbortSignal) => ({ channel: await dial(until) }) },
    authorize: (headers: Headers) => apiKey && headers.set('authorization', `Bearer ${apiKey.reveal()}`),
  };
  const headers = new Headers({ accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) });
  const answer = await sendOverChannel(deps, {
    method,
    path,
    headers,
    body: body === undefined ? undefined : Buffer.from(body),
    signal,
  });
  const status = answer.incoming.statusCode ?? 0;
  const text = await readAnswer(answer);
  if (status < 200 || status > 299) throw refusedBy(url, what, { status, text });
  const decoded = decodeText(schema, text);
  if (decoded.ok) return decoded.value;
  throw notAGateway(url, `${decoded.path || 'it'} ${decoded.message}`, text);
}

function refusedBy(url: GatewayUrl, what: string, { status, text }: { status: number; text: string }): Error {
  const decoded = decodeText(accountError, text);
  if (!decoded.ok) return notAGateway(url, `the status is ${status}`, text);
  const { code, message, hint } = decoded.value.error;
  const told = message.startsWith('cannot ')
    ? message
    : `cannot ${what} because the gateway answered ${status}: ${message}`;
  return new GatewayAnswerError(status, { code, message: told, hint });
}

function notAGateway(url: GatewayUrl, why: string, text: string): CodedError<ClientErrorCode> {
  return new CodedError(
    'answer_invalid',
    `cannot use ${url.href} because its answer is none of a gateway (${why}): got ${JSON.stringify(text.slice(0, 120))}`,
    {
      hint: 'Check the URL with the owner of the gateway. Something between may have answered: a proxy, or a login page.',
    },
  );
}
