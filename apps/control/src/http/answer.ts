// Answers as JSON, encoded through the schema that the reader decodes with: what a schema does not name never leaves.

import { encodeText, type Read, type Schema } from '@fairlead/protocol';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Throws where the value breaks its schema: a fault of ours, answered with 500. */
export function answer<T extends Schema>(
  context: Context,
  schema: T,
  value: Read<T>,
  status: ContentfulStatusCode = 200,
): Response {
  return context.body(encodeText(schema, value), status, { 'Content-Type': 'application/json' });
}
