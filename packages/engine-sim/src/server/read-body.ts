// Reads a request's body.

import { once } from 'node:events';
import type { Exchange } from './respond.ts';

/** As text. Resolves with undefined if the client leaves before the last byte. */
export async function readBody(exchange: Exchange): Promise<string | undefined> {
  return (await readBytes(exchange))?.toString('utf8');
}

/** Resolves with undefined if the client leaves before the last byte. */
export async function readBytes({ request }: Exchange): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    await once(request, 'end');
  } catch (error) {
    if (request.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}
