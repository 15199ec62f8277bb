// Decodes an engine's own options at each use, because a spec may come from another version.

import { CodedError } from '@fairlead/kit';
import type { output, ZodType } from 'zod';

export type EngineSettingErrorCode = 'engine_unknown' | 'engine_options_invalid';

/** Throws `engine_options_invalid` with the path of what is wrong. */
export function readOptions<Schema extends ZodType>(engine: string, schema: Schema, options: unknown): output<Schema> {
  const read = schema.safeParse(options);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = ['engines', engine, ...(issue?.path ?? [])].join('.');
  throw new CodedError<EngineSettingErrorCode>(
    'engine_options_invalid',
    `cannot start ${engine} because ${path} is not as expected: ${issue?.message}`,
    { hint: 'Correct it in fairlead.yaml and deploy again.' },
  );
}
