// Asks the engine over its unix socket, each time on a connection of its own.

import { request } from 'node:http';
import { errorText, type Secret } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';

export interface EngineAnswer {
  status: number;
  body: string;
}

export interface EngineClient {
  get: (path: string, signal: AbortSignal) => Promise<EngineAnswer>;
  post: (path: string, body: unknown, signal: AbortSignal) => Promise<EngineAnswer>;
}

/** /metrics of a vLLM is about 100 kB. */
const ANSWER_LIMIT_BYTES = 8 * 1024 * 1024;

export function createEngineClient(options: { socketPath: string; engineKey: Secret }): EngineClient {
  const ask = (method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<EngineAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer>();
    const fail = (error: unknown) =>
      reject(
        signal.aborted
          ? signal.reason
          : agentError('engine_unreachable', `cannot ask the engine for ${path} because ${errorText(error)}`, {
              retryable: true,
              cause: error,
            }),
      );
    const asking = request({
      socketPath: options.socketPath,
      method,
      path,
      agent: false,
      signal,
      headers: {
        host: 'engine',
        authorization: `Bearer ${options.engineKey.reveal()}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    asking.once('error', fail);
    asking.once('response', (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > ANSWER_LIMIT_BYTES) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    asking.end(body);
    return promise;
  };
  return {
    get: (path, signal) => ask('GET', path, undefined, signal),
    post: (path, body, signal) => ask('POST', path, JSON.stringify(body), signal),
  };
}
