// Decodes bodies, queries and names in paths. An error names the path of the wrong field.

import { decodeText, decodeValue, deploymentName, instanceId } from '@fairlead/protocol';
import type { Context } from 'hono';
import type { z } from 'zod';

import type { Env } from './env.ts';
import { WireError } from './wire-error.ts';

const maxBodyBytes = 64 * 1024;

export async function readBody<T extends z.ZodType>(context: Context<Env>, schema: T): Promise<z.output<T>> {
  const decoded = decodeText(schema, await readText(context.env.incoming));
  if (decoded.ok) return decoded.value;
  throw badField('the body', decoded.path, decoded.message);
}

/** Reads the connection itself, so that no more than the limit is held in memory. */
async function readText(incoming: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new WireError('payload_too_large', `cannot read the body because it is over ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function readQuery<T extends z.ZodType>(context: Context, schema: T): z.output<T> {
  const decoded = decodeValue(schema, context.req.query());
  if (decoded.ok) return decoded.value;
  throw badField('the query', decoded.path, decoded.message);
}

export function readName(context: Context): string {
  return readParam(context, 'name', deploymentName);
}

export function readInstanceId(context: Context): string {
  return readParam(context, 'id', instanceId);
}

function readParam(context: Context, name: string, schema: z.ZodType<string>): string {
  const decoded = decodeValue(schema, context.req.param(name));
  if (decoded.ok) return decoded.value;
  throw badField('the path', name, decoded.message);
}

function badField(where: string, path: string, message: string): WireError {
  return new WireError('bad_request', `cannot read ${where} because ${path || 'it'}: ${message}`, { path });
}
