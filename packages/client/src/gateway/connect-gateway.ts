// One model of a gateway for a program of a member: calls, URL and key. Each request is a connection of its own to the gateway.

import type { Duplex } from 'node:stream';

import {
  type Clock,
  CodedError,
  createSecret,
  nearestNames,
  Scope,
  type Secret,
  silentLog,
  systemClock,
} from '@fairlead/kit';
import type { GatewayModel } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import { parseOrigins } from '../local/allowed-origins.ts';
import { parseBind } from '../local/local-address.ts';
import { openLocalPort } from '../local/local-port.ts';
import { createOpenAiCalls, type OpenAiCalls } from '../openai/openai-calls.ts';
import { dialGateway } from './dial-gateway.ts';
import { createGatewayCalls } from './gateway-calls.ts';
import { type GatewayUrl, parseGatewayUrl } from './gateway-url.ts';
import { withMemberKey } from './with-member-key.ts';

export interface GatewayConnectOptions {
  /** `https://llm.example.org`, also with `/v1` at its end. */
  url: string;
  apiKey: Secret;
  /** A local port that leads to the gateway; 0: any; absent: 18000 or the next free one. `false`: none. Default: none. */
  port?: number | 'next' | false;
  /** As those of `connect`. */
  bind?: string;
  allowOrigins?: readonly string[];
  signal?: AbortSignal | undefined;
  clock?: Clock;
  /** The way to the host of the gateway, in place of a connection by TCP. */
  through?: ((signal: AbortSignal) => Promise<Duplex>) | undefined;
}

export interface MemberConnection extends OpenAiCalls, AsyncDisposable {
  /** The model, as it was asked for. */
  readonly name: string;
  /** The gateway's, or that of the local port. */
  readonly baseURL: string;
  readonly port: number | undefined;
  /** For `baseURL`: the member's, or with a local port one that is good there alone. A secret. */
  readonly apiKey: string;
  readonly servedModel: string;
  readonly model: GatewayModel;
  close(): Promise<void>;
}

/**
 * Resolves when the gateway has said that it offers the model. Close it with `await using` or `close()`. Throws `model_not_offered`,
 * `gateway_unreachable`, `gateway_url_invalid`, `port_taken`, `bind_invalid`, and a `GatewayAnswerError` where the key is refused.
 */
export async function connectGateway(name: string, options: GatewayConnectOptions): Promise<MemberConnection> {
  const url = parseGatewayUrl(options.url);
  const { apiKey, clock = systemClock, through, signal } = options;
  const dial = (until: AbortSignal | undefined) => dialGateway(url, { clock, signal: until, through });
  const requests = {
    name,
    host: url.host,
    prefix: url.prefix,
    paths: { open: async (until?: AbortSignal) => ({ channel: await dial(until) }) },
    authorize: (headers: Headers) => headers.set('authorization', `Bearer ${apiKey.reveal()}`),
  };
  const calls = createOpenAiCalls({ ...requests, model: () => name });
  const scope = new Scope();
  try {
    const models = await createGatewayCalls({ url, dial, apiKey }).listModels({ signal });
    const model = findModel(name, url.href, models);
    const local = await openPort(options, { scope, dial, url });
    const origin = local?.url ?? url.href;
    const close = () => scope[Symbol.asyncDispose]();
    return {
      ...calls,
      name,
      model,
      servedModel: model.id,
      baseURL: `${origin}/v1`,
      port: local?.port,
      apiKey: (local?.key ?? apiKey).reveal(),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

interface LocalWay {
  port: number;
  url: string;
  key: Secret;
}

/** Its key is good as long as it listens: other users of this machine reach the port, too. */
async function openPort(
  { port = false, bind, allowOrigins = [], apiKey }: GatewayConnectOptions,
  { scope, dial, url }: { scope: Scope; dial: (signal: AbortSignal) => Promise<Duplex>; url: GatewayUrl },
): Promise<LocalWay | undefined> {
  if (port === false) return undefined;
  const key = createSecret('fll_');
  const local = await openLocalPort({
    ...(port === 'next' ? {} : { port }),
    address: parseBind(bind),
    allowedOrigins: parseOrigins(allowOrigins),
    open: async (signal) => ({ channel: withMemberKey(await dial(signal), url, { local: key, member: apiKey }) }),
    log: silentLog,
  });
  scope.use(local);
  return { port: local.port, url: local.url, key };
}

function findModel(name: string, gateway: string, models: readonly GatewayModel[]): GatewayModel {
  const found = models.find(({ id }) => id === name);
  if (found) return found;
  const ids = models.map(({ id }) => id);
  const near = nearestNames(name, ids);
  throw new CodedError<ClientErrorCode>(
    'model_not_offered',
    `cannot use ${JSON.stringify(name)} because ${gateway} offers no such model for your key: found ${ids.join(', ') || 'none'}`,
    { hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See `fairlead models --gateway`.' },
  );
}
