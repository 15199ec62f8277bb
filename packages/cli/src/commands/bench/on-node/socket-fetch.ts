// `fetch` over a unix socket, as far as a benchmark needs it: each request on a connection of its own, the answer as it comes.

import { request } from 'node:http';
import { Readable } from 'node:stream';
import type { Secret } from '@fairlead/kit';

import type { BenchFetch } from '../measure.ts';

/** Rejects where nothing answers at the socket, and with the signal's reason. */
export function createSocketFetch(socketPath: string, apiKey: Secret): BenchFetch {
  return (path, { method, headers, body, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const authorization = `Bearer ${apiKey.reveal()}`;
    const length = String(Buffer.byteLength(body));
    const asking = request({
      socketPath,
      path,
      method,
      agent: false,
      signal,
      headers: { host: 'front', ...headers, authorization, 'content-length': length },
    });
    asking.once('error', reject);
    asking.once('response', (answer) => {
      const stream = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
      resolve(new Response(stream, { status: answer.statusCode ?? 0 }));
    });
    asking.end(body);
    return promise;
  };
}
