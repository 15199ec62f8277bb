// Reads a body of multipart/form-data: its texts as fields, and the file.

import type { Fields } from './fields.ts';

export interface AudioForm {
  fields: Fields;
  file: Uint8Array | undefined;
}

/** Empty where the body is no such form: then FastAPI misses the file. */
export async function readForm(contentType: string | undefined, body: Buffer): Promise<AudioForm> {
  const headers = { 'content-type': contentType ?? '' };
  const form = await new Response(new Uint8Array(body), { headers }).formData().catch((error: unknown) => {
    if (error instanceof TypeError) return undefined;
    throw error;
  });
  if (!form) return { fields: {}, file: undefined };
  const file = form.get('file');
  const texts = [...form].filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    fields: Object.fromEntries(texts),
    file: file instanceof File ? new Uint8Array(await file.arrayBuffer()) : undefined,
  };
}
