// The SDK's door: a deployment's name → an OpenAI-compatible URL on this machine that follows the deployment wherever it goes.

import { homedir } from 'node:os';

import { type Clock, CodedError, type Log, Scope, Secret, silentLog, systemClock } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';

import { type BastionLink, createBastionLink } from './bastion-link.ts';
import { type ClientErrorCode, ControlAnswerError } from './client-error.ts';
import { type ControlApi, createControlApi } from './control-api.ts';
import { followEndpoint, type FollowEvent } from './endpoint-follower.ts';
import { openLocalPort } from './local-port.ts';
import { openPath } from './open-path.ts';
import { profilePath, readProfile } from './profile.ts';
import { watchControl } from './watch.ts';

export interface ConnectOptions {
  /** Local port; absent: 18000 or the next free one. */
  port?: number;
  /** Path of the profile; absent: where `fairlead init` writes it. */
  profile?: string;
  signal?: AbortSignal;
  onEvent?: (event: FollowEvent) => void;
  askPassphrase?: (file: string) => Promise<string | undefined>;
  log?: Log;
  env?: Record<string, string | undefined>;
  clock?: Clock;
}

export interface Connection extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseURL: string;
  /** The endpoint's key. A secret. */
  readonly apiKey: string;
  readonly model: string;
  readonly port: number;
  readonly endpoint: EndpointView;
  /** Resolves when the deployment's instance has ended for good. */
  readonly ended: Promise<void>;
}

/** Resolves when a request through the whole path has been answered. Close with `await using` or `[Symbol.asyncDispose]()`. */
export async function connect(name: string, options: ConnectOptions = {}): Promise<Connection> {
  const scope = new Scope();
  try {
    const session = scope.use(await openSession(options));
    return await openConnection(name, session, scope, options);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

export interface Session extends AsyncDisposable {
  readonly link: BastionLink;
  readonly api: ControlApi;
}

/** The profile, a lazy SSH connection to the bastion, and control's API over it. */
export async function openSession(options: Omit<ConnectOptions, 'port' | 'onEvent'> = {}): Promise<Session> {
  const env = options.env ?? process.env;
  const home = env['HOME'] ?? homedir();
  const profile = await readProfile(options.profile ?? profilePath(env, home));
  const link = createBastionLink({
    profile,
    env,
    home,
    log: options.log ?? silentLog,
    ...(options.askPassphrase ? { askPassphrase: options.askPassphrase } : {}),
  });
  const api = createControlApi({ openSocket: () => link.openControl(), ownerToken: new Secret(profile.ownerToken) });
  return {
    link,
    api,
    async [Symbol.asyncDispose]() {
      api[Symbol.dispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}

async function openConnection(
  name: string,
  session: Session,
  scope: Scope,
  options: ConnectOptions,
): Promise<Connection> {
  const { link, api } = session;
  const { log = silentLog, clock = systemClock } = options;
  const endpoint = await firstEndpoint(name, api, options.signal);
  const follower = scope.use(
    followEndpoint({
      name,
      api,
      watch: (signal) =>
        watchControl({ openSocket: () => link.openControl(), ownerToken: new Secret(link.profile.ownerToken) }, signal),
      clock,
      random: Math.random,
      log,
    }),
  );
  const local = scope.use(
    await openLocalPort({
      ...(options.port === undefined ? {} : { port: options.port }),
      open: (signal) => openPath({ name, follower, link, clock, random: Math.random }, signal),
      log,
    }),
  );
  const ended = Promise.withResolvers<void>();
  follower.events.add((event) => {
    if (event.type === 'endpoint.up') local.dropOthers(event.endpoint);
    if (event.type === 'deployment.ended') ended.resolve();
    options.onEvent?.(event);
  });
  await provePath(local.port, endpoint.apiKey, options.signal);
  return {
    baseURL: `http://127.0.0.1:${local.port}/v1`,
    port: local.port,
    ended: ended.promise,
    get endpoint() {
      return follower.current ?? endpoint;
    },
    get apiKey() {
      return (follower.current ?? endpoint).apiKey;
    },
    get model() {
      return (follower.current ?? endpoint).model;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function firstEndpoint(name: string, api: ControlApi, signal: AbortSignal | undefined): Promise<EndpointView> {
  try {
    return await api.endpoint(name, signal);
  } catch (error) {
    if (!(error instanceof ControlAnswerError) || error.wireCode === 'not_found') throw error;
    throw new CodedError<ClientErrorCode>('endpoint_not_ready', `cannot connect to ${name} because ${error.message}`, {
      hint: error.hint ?? `See \`fairlead status ${name}\`.`,
      retryable: true,
      cause: error,
    });
  }
}

async function provePath(port: number, apiKey: string, signal: AbortSignal | undefined): Promise<void> {
  const limit = AbortSignal.timeout(30_000);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/models`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  const text = await answer.text();
  if (answer.ok) return;
  throw new CodedError<ClientErrorCode>(
    'path_broken',
    `cannot use the path because the first request through it was answered ${answer.status}: ${text.slice(0, 300)}`,
    {
      hint: 'See `fairlead logs --source agent`.',
      retryable: answer.status >= 500,
    },
  );
}
