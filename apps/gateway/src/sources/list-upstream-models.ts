// Asks an OpenAI-compatible server which models it has.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

import type { UpstreamRecord } from './source-records.ts';

const maxBytes = 4 * 1024 * 1024;
const maxNameLength = 1_024;

/** Rejects where it cannot be asked or says something else, and with the signal's reason. */
export async function listUpstreamModels(
  { url, apiKey }: Pick<UpstreamRecord, 'url' | 'apiKey'>,
  { signal }: { signal: AbortSignal },
): Promise<string[]> {
  const headers = { authorization: `Bearer ${apiKey.reveal()}`, accept: 'application/json' };
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  const asked = request(`${url}/models`, { headers, agent: false, signal }).end();
  const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`cannot read ${url}/models because it is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (response.statusCode !== 200) {
    // Some servers repeat the key that they refuse; this goes into the log.
    const said = text.replaceAll(apiKey.reveal(), '***').slice(0, 200);
    throw new Error(`cannot read ${url}/models because it answered ${response.statusCode}: ${said}`);
  }
  return readModelIds(text, url);
}

function readModelIds(text: string, url: string): string[] {
  const body: unknown = JSON.parse(text);
  const data = isObject(body) ? body['data'] : undefined;
  if (!Array.isArray(data)) throw new Error(`cannot read ${url}/models because it has no list`);
  const ids = data.map((one: unknown) => (isObject(one) ? one['id'] : undefined));
  const isName = (id: unknown): id is string => typeof id === 'string' && id !== '' && id.length <= maxNameLength;
  return [...new Set(ids.filter(isName))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
