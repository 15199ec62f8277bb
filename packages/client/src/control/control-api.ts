// Control's HTTP API as typed calls. control-transport.ts sends them.

import type { IncomingMessage } from 'node:http';

import { CodedError, linesOf, untilAborted } from '@fairlead/kit';

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
  eventList,
  type EventView,
  type InstanceView,
  instanceView,
  type JobObserved,
  jobObserved,
  logLine,
  publicationList,
  publicationView,
  type PublicationView,
  publishDeployment,
  type PublishTarget,
  type Read,
  type Schema,
  type LogSource,
  type StopMode,
} from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from '../client-error.ts';
import { type ControlApiDeps, createControlTransport, lostControl, readAnswerBody } from './control-transport.ts';
import { unknownDeployment } from './unknown-deployment.ts';

export type { ControlApiDeps } from './control-transport.ts';

/**
 * A call resolves when the answer is read. It throws `ControlAnswerError` for an error answer, `control_answer` for one that this
 * version cannot read, `control_unreachable` where the connection is lost, `deployment_unknown` for a name that no deployment has,
 * and the signal's reason. Disposal closes the connections, also those of calls that run.
 */
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
  /** Where the deployment answers, at least one; `pickEndpoint` chooses. Where there is none, control refuses and says why. */
  endpoints(name: string, signal?: AbortSignal): Promise<EndpointView[]>;
  /** Oldest first: those after `after`, or the `last` newest ones. `next` and `previous` are the query values of the pages beside. */
  events(
    query: { deployment?: string; after?: number; limit?: number; last?: number; before?: number },
    signal?: AbortSignal,
  ): Promise<{ events: EventView[]; next: number; previous?: number | undefined }>;
  publications(signal?: AbortSignal): Promise<PublicationView[]>;
  /** Answers with the gateway's word, or without it after some seconds. */
  publish(name: string, gateway: PublishTarget, signal?: AbortSignal): Promise<PublicationView>;
  /** The gateway cannot reach it any more when it resolves. */
  unpublish(name: string, signal?: AbortSignal): Promise<PublicationView>;
  /** Yields lines as they come. Ends with the log, with `follow` only when control ends it. Throws `control_unreachable` where the connection is lost. */
  logs(
    instanceId: string,
    query: { source: LogSource; node?: number | undefined; lines: number; follow: boolean },
    signal?: AbortSignal,
  ): AsyncIterable<string[]>;
}

export function createControlApi(deps: ControlApiDeps): ControlApi {
  const http = createControlTransport(deps);
  const call = async <T extends Schema>(
    schema: T,
    method: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ) => {
    const answer = await http.send({ method, path, body }, signal);
    return decodeAnswer(schema, path, await untilAborted(readAnswerBody(answer), signal));
  };
  const name = encodeURIComponent;
  const get = <T extends Schema>(schema: T, path: string, signal: AbortSignal | undefined) =>
    call(schema, 'GET', path, undefined, signal);
  const listDeployments: ControlApi['listDeployments'] = async (options, signal) =>
    (await get(deploymentList, `/v1/deployments${options?.all ? '?all=true' : ''}`, signal)).deployments;
  const ofDeployment = <T>(id: string, ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    askByName(id, ask, () => listDeployments({}, signal));
  return {
    hello: (signal) => get(controlHello, '/v1/hello', signal),
    createDeployment: (body, signal) =>
      call(deploymentCreated, 'POST', '/v1/deployments', encodeText(createDeployment, body), signal),
    listDeployments,
    getDeployment: (id, signal) =>
      ofDeployment(id, () => get(deploymentView, `/v1/deployments/${name(id)}`, signal), signal),
    stopDeployment(id, mode, signal) {
      const path = `/v1/deployments/${name(id)}?mode=${mode}`;
      return ofDeployment(id, () => call(deploymentStopped, 'DELETE', path, undefined, signal), signal);
    },
    observed: (id, body, signal) =>
      call(instanceView, 'POST', `/v1/instances/${name(id)}/observed`, encodeText(jobObserved, body), signal),
    async endpoints(id, signal) {
      const ask = () => get(endpointList, `/v1/endpoints/${name(id)}`, signal);
      return (await ofDeployment(id, ask, signal)).endpoints;
    },
    events(query, signal) {
      const ask = () => get(eventList, `/v1/events${queryString(query)}`, signal);
      return query.deployment === undefined ? ask() : ofDeployment(query.deployment, ask, signal);
    },
    publications: async (signal) => (await get(publicationList, '/v1/publications', signal)).publications,
    publish(id, gateway, signal) {
      const body = encodeText(publishDeployment, { gateway });
      const path = `/v1/publications/${name(id)}`;
      return ofDeployment(id, () => call(publicationView, 'PUT', path, body, signal), signal);
    },
    unpublish: (id, signal) => call(publicationView, 'DELETE', `/v1/publications/${name(id)}`, undefined, signal),
    async *logs(id, query, signal) {
      const path = `/v1/instances/${name(id)}/logs${queryString(query)}`;
      yield* readLog(await http.send({ method: 'GET', path, body: undefined }, signal), signal);
    },
    [Symbol.dispose]: () => http[Symbol.dispose](),
  };
}

/** Where no deployment has the name, throws `deployment_unknown` with the names that the caller may have meant. */
async function askByName<T>(
  id: string,
  ask: () => Promise<T>,
  listDeployments: () => Promise<DeploymentView[]>,
): Promise<T> {
  const unknown = async (cause?: unknown) => {
    const known = await listDeployments();
    const names = known.map((deployment) => deployment.name);
    // An older control does not have the route.
    return cause !== undefined && names.includes(id) ? cause : unknownDeployment(id, names, cause);
  };
  // Control would answer with the rule for names, but a user who mistyped a name needs the names that exist.
  if (!deploymentName.safeParse(id).success) throw await unknown();
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ControlAnswerError) || error.wireCode !== 'not_found') throw error;
    throw await unknown(error);
  }
}

async function* readLog(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<string[]> {
  for await (const text of readLines(answer, signal)) {
    const line = decodeText(logLine, text);
    if (line.ok && 'error' in line.value)
      throw new CodedError<ClientErrorCode>('control_answer', `cannot read the log because ${line.value.error}`);
    if (line.ok && 'lines' in line.value) yield line.value.lines;
  }
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
    throw lostControl(error);
  }
}
