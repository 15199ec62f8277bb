// Control's HTTP API as typed calls. Knows the wire, not SSH: how a connection is made arrives as `openSocket`.

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { CodedError, errorText, type Secret, untilAborted, linesOf } from '@fairlead/kit';

import {
  controlHello,
  type ControlHello,
  type CreateDeployment,
  createDeployment,
  decodeText,
  type DeploymentCreated,
  deploymentCreated,
  deploymentList,
  deploymentName,
  deploymentStopped,
  type DeploymentView,
  deploymentView,
  encodeText,
  endpointList,
  type EndpointView,
  errorBody,
  eventList,
  type EventView,
  type InstanceView,
  instanceView,
  type JobObserved,
  jobObserved,
  logLine,
  type Read,
  type Schema,
  type LogSource,
  type StopMode,
} from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from '../client-error.ts';
import { unknownDeployment } from './unknown-deployment.ts';

export interface ControlApiDeps {
  /** A verified connection to control. */
  openSocket(): Promise<Duplex>;
  ownerToken: Secret;
}

export interface ControlApi extends Disposable {
  hello(signal?: AbortSignal): Promise<ControlHello>;
  createDeployment(body: CreateDeployment, signal?: AbortSignal): Promise<DeploymentCreated>;
  listDeployments(options?: { all?: boolean }, signal?: AbortSignal): Promise<DeploymentView[]>;
  getDeployment(name: string, signal?: AbortSignal): Promise<DeploymentView>;
  stopDeployment(
    name: string,
    mode: StopMode,
    signal?: AbortSignal,
  ): Promise<{ deployment: DeploymentView; delivered: boolean }>;
  observed(instanceId: string, body: JobObserved, signal?: AbortSignal): Promise<InstanceView>;
  /** Where it answers, one at least; `pickEndpoint` chooses. */
  endpoints(name: string, signal?: AbortSignal): Promise<EndpointView[]>;
  /** Oldest first: after `after`, or with `last` the newest; `next` and `previous` lead on from there. */
  events(
    query: { deployment?: string; after?: number; limit?: number; last?: number; before?: number },
    signal?: AbortSignal,
  ): Promise<{ events: EventView[]; next: number; previous?: number | undefined }>;
  /** Lines as they come; ends with the log unless `follow`. */
  logs(
    instanceId: string,
    query: { source: LogSource; lines: number; follow: boolean },
    signal?: AbortSignal,
  ): AsyncIterable<string[]>;
}

export function createControlApi(deps: ControlApiDeps): ControlApi {
  const http = createTransport(deps);
  const call = async <T extends Schema>(
    schema: T,
    method: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ) => decodeAnswer(schema, path, await untilAborted(readBody(await http.send(method, path, body, signal)), signal));
  const name = encodeURIComponent;
  const listDeployments: ControlApi['listDeployments'] = async (options, signal) =>
    (await call(deploymentList, 'GET', `/v1/deployments${options?.all ? '?all=true' : ''}`, undefined, signal))
      .deployments;
  /** A name that nobody has is answered with those that may have been meant. */
  async function ofDeployment<T>(id: string, ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const unknown = async (cause?: unknown) => {
      const known = await listDeployments({}, signal);
      return unknownDeployment(
        id,
        known.map((deployment) => deployment.name),
        cause,
      );
    };
    // Control would tell what a name may be made of; nobody has such a name, and who mistyped one looks for another.
    if (!deploymentName.safeParse(id).success) throw await unknown();
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ControlAnswerError) || error.wireCode !== 'not_found') throw error;
      throw await unknown(error);
    }
  }
  return {
    hello: (signal) => call(controlHello, 'GET', '/v1/hello', undefined, signal),
    createDeployment: (body, signal) =>
      call(deploymentCreated, 'POST', '/v1/deployments', encodeText(createDeployment, body), signal),
    listDeployments,
    getDeployment: (id, signal) =>
      ofDeployment(id, () => call(deploymentView, 'GET', `/v1/deployments/${name(id)}`, undefined, signal), signal),
    stopDeployment: (id, mode, signal) =>
      ofDeployment(
        id,
        () => call(deploymentStopped, 'DELETE', `/v1/deployments/${name(id)}?mode=${mode}`, undefined, signal),
        signal,
      ),
    observed: (id, body, signal) =>
      call(instanceView, 'POST', `/v1/instances/${name(id)}/observed`, encodeText(jobObserved, body), signal),
    async endpoints(id, signal) {
      const ask = () => call(endpointList, 'GET', `/v1/endpoints/${name(id)}`, undefined, signal);
      return (await ofDeployment(id, ask, signal)).endpoints;
    },
    events(query, signal) {
      const ask = () => call(eventList, 'GET', `/v1/events${queryString(query)}`, undefined, signal);
      return query.deployment === undefined ? ask() : ofDeployment(query.deployment, ask, signal);
    },
    async *logs(id, query, signal) {
      const answer = await http.send('GET', `/v1/instances/${name(id)}/logs${queryString(query)}`, undefined, signal);
      for await (const text of readLines(answer, signal)) {
        const line = decodeText(logLine, text);
        if (line.ok && 'error' in line.value)
          throw new CodedError<ClientErrorCode>('control_answer', `cannot read the log because ${line.value.error}`);
        if (line.ok && 'lines' in line.value) yield line.value.lines;
      }
    },
    [Symbol.dispose]: () => http.agent.destroy(),
  };
}

function createTransport(deps: ControlApiDeps) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, scheduling: 'lifo' });
  agent.createConnection = ((_options: object, done: (error: Error | null, socket?: Duplex) => void) => {
    deps.openSocket().then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
    return undefined;
  }) as unknown as typeof agent.createConnection;

  async function send(
    method: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers: Record<string, string> = { authorization: `Bearer ${deps.ownerToken.reveal()}`, host: 'control' };
    if (body !== undefined)
      Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) });
    const request = httpRequest({ agent, method, path, headers, ...(signal ? { signal } : {}) }, resolve);
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
    request.end(body);
    // A request that still waits for its connection does not hear the signal.
    const answer = await untilAborted(promise, signal);
    if ((answer.statusCode ?? 0) < 400) return answer;
    throw answerError(answer.statusCode ?? 500, await readBody(answer));
  }
  return { agent, send };
}

export async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function decodeAnswer<T extends Schema>(schema: T, path: string, text: string): Read<T> {
  const decoded = decodeText(schema, text);
  if (decoded.ok) return decoded.value;
  throw new CodedError<ClientErrorCode>(
    'control_answer',
    `cannot understand control's answer to ${path}: ${decoded.path} ${decoded.message}`,
    {
      hint: 'Control may be of another version: compare `fairlead --version` with control.log on the bastion.',
    },
  );
}

export function answerError(status: number, text: string): ControlAnswerError {
  const decoded = decodeText(errorBody, text);
  if (decoded.ok) return new ControlAnswerError(status, decoded.value.error);
  return new ControlAnswerError(status, { code: 'internal', message: `control answered ${status} without saying why` });
}

function queryString(query: Record<string, string | number | boolean | undefined>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) params.set(key, String(value));
  return params.size === 0 ? '' : `?${params.toString()}`;
}

/** Without empty lines. */
async function* readLines(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncIterable<string> {
  try {
    for await (const line of linesOf(answer)) if (line !== '') yield line;
  } catch (error) {
    signal?.throwIfAborted();
    throw new CodedError<ClientErrorCode>(
      'control_unreachable',
      `cannot go on reading because the connection to control ended: ${errorText(error)}`,
      { retryable: true, cause: error },
    );
  }
}
