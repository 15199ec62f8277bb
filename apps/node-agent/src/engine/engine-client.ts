// Sends HTTP requests to the engine, each on a connection of its own.

import { request } from 'node:http';
import { errorText, type Secret } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import type { EngineAddress } from './engine-address.ts';

export interface EngineResponse {
  status: number;
  body: string;
}

export interface EngineClient {
  get: (path: string, signal: AbortSignal) => Promise<EngineResponse>;
  /** GET as a stranger asks: without the key. */
  getWithoutKey: (path: string, signal: AbortSignal) => Promise<EngineResponse>;
  post: (path: string, body: unknown, signal: AbortSignal) => Promise<EngineResponse>;
  /** A form with a file, as routes for audio take it. */
  postForm: (path: string, form: FormBody, signal: AbortSignal) => Promise<EngineResponse>;
}

export interface FormBody {
  contentType: string;
  bytes: Buffer;
}

interface Asking {
  method: string;
  path: string;
  body?: FormBody;
  hasKey?: boolean;
}

/** /metrics of a vLLM is about 100 kB. */
const maxAnswerBytes = 8 * 1024 * 1024;

export function createEngineClient(options: { address: () => EngineAddress; engineKey: Secret }): EngineClient {
  const ask = ({ method, path, body, hasKey = true }: Asking, signal: AbortSignal): Promise<EngineResponse> => {
    const { promise, resolve, reject } = Promise.withResolvers<EngineResponse>();
    const fail = (error: unknown) =>
      reject(
        signal.aborted
          ? signal.reason
          : agentError('engine_unreachable', `cannot ask the engine for ${path} because ${errorText(error)}`, {
              retryable: true,
              cause: error,
            }),
      );
    const address = options.address();
    const asking = request({
      ...('path' in address ? { socketPath: address.path } : address),
      method,
      path,
      agent: false,
      signal,
      headers: {
        host: 'engine',
        ...(hasKey ? { authorization: `Bearer ${options.engineKey.reveal()}` } : {}),
        ...(body === undefined ? {} : { 'content-type': body.contentType, 'content-length': body.bytes.length }),
      },
    });
    asking.once('error', fail);
    asking.once('response', (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > maxAnswerBytes) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    asking.end(body?.bytes);
    return promise;
  };
  return {
    get: (path, signal) => ask({ method: 'GET', path }, signal),
    getWithoutKey: (path, signal) => ask({ method: 'GET', path, hasKey: false }, signal),
    post: (path, body, signal) => ask({ method: 'POST', path, body: jsonBody(body) }, signal),
    postForm: (path, body, signal) => ask({ method: 'POST', path, body }, signal),
  };
}

function jsonBody(value: unknown): FormBody {
  return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
}
