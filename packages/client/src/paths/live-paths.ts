// The streams to the deployment that are open now: those of a former endpoint end when the next one is up.

import type { Duplex } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';

import { anySignal, CodedError } from '@fairlead/kit';
import type { EndpointRef, EndpointView, ReachableEndpoint } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import type { Patience } from './patience.ts';

/** What a way has to know of an endpoint. */
export type PathEndpoint = Pick<EndpointView, 'deployment' | 'instanceId' | 'generation' | 'address' | 'apiKey'>;

export interface Path<Endpoint extends PathEndpoint = ReachableEndpoint> {
  endpoint: Endpoint;
  channel: Duplex;
}

export interface LivePaths<Endpoint extends PathEndpoint = ReachableEndpoint> extends Disposable {
  /** A new stream to the endpoint that answers now; may wait for the next one, by default for a minute. The caller owns it. */
  open(signal?: AbortSignal, patience?: Patience): Promise<Path<Endpoint>>;
  /**
   * New streams lead to this endpoint. Ends the streams to others, but for those that are `stillUp`: a socket whose tunnel froze
   * would accept and never answer, an instance that is draining answers what it has.
   */
  moveTo(endpoint: Endpoint, stillUp?: readonly Endpoint[]): void;
  /** Ends the streams to an endpoint that was `stillUp` and is not any more. */
  leave(endpoint: Endpoint): void;
}

export function trackPaths<Endpoint extends PathEndpoint = ReachableEndpoint>(
  open: (signal: AbortSignal, patience?: Patience) => Promise<Path<Endpoint>>,
): LivePaths<Endpoint> {
  const live = new Set<Path<Endpoint>>();
  const closed = new AbortController();
  let newest: Endpoint | undefined;

  const isFormer = ({ endpoint }: Path<Endpoint>) => newest !== undefined && !isSameSocket(endpoint, newest);

  async function openOne(signal: AbortSignal, patience: Patience | undefined): Promise<Path<Endpoint>> {
    for (;;) {
      const path = await open(signal, patience);
      if (!isFormer(path)) return path;
      path.channel.destroy();
    }
  }

  return {
    async open(signal, patience) {
      closed.signal.throwIfAborted();
      const path = await openOne(anySignal(closed.signal, signal), patience);
      // The dial was not stopped in time: no caller takes this path.
      if (closed.signal.aborted) path.channel.destroy(closedError());
      live.add(path);
      path.channel.once('close', () => live.delete(path));
      if (path.channel.closed) live.delete(path);
      return path;
    },
    moveTo(endpoint, stillUp = []) {
      newest = endpoint;
      const isUp = (path: Path<Endpoint>) => stillUp.some((other) => isSameSocket(other, path.endpoint));
      for (const path of live) if (isFormer(path) && !isUp(path)) path.channel.destroy(replaced(endpoint));
    },
    leave(endpoint) {
      for (const path of live) if (isSameSocket(path.endpoint, endpoint)) path.channel.destroy(ended(endpoint));
    },
    [Symbol.dispose]() {
      closed.abort(closedError());
      for (const { channel } of live) channel.destroy(closedError());
    },
  };
}

export function isSameSocket(a: PathEndpoint, b: PathEndpoint): boolean {
  return a === b || (a.instanceId === b.instanceId && isSameAddress(a, b));
}

export function isSameAddress(a: EndpointRef, b: EndpointRef): boolean {
  return a.generation === b.generation && isDeepStrictEqual(a.address, b.address);
}

export function closedError(): CodedError<ClientErrorCode> {
  return new CodedError('connection_closed', 'cannot go on because this connection was closed', {
    hint: 'Call `connect` again.',
  });
}

function ended({ deployment, instanceId }: PathEndpoint): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `instance ${instanceId} of ${deployment} answers no more`, { retryable: true });
}

function replaced(endpoint: PathEndpoint): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `its tunnel was replaced (generation ${endpoint.generation} is up)`, {
    retryable: true,
  });
}
