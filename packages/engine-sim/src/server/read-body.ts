// Reads a request's body as text.

import { once } from 'node:events';
import type { Exchange } from './respond.ts';

/** Resolves with undefined if the client leaves before the last byte. */
export async function readBody({ request }: Exchange): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    await once(request, 'end');
  } catch (error) {
    if (request.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
