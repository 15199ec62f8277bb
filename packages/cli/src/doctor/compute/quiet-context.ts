// A command's context whose parts say nothing: doctor's lines are its results alone.

import type { Context } from '../../context.ts';

export function quietContext(context: Context): Context {
  const { output } = context;
  return {
    ...context,
    output: {
      ...output,
      event: () => undefined,
      result: () => undefined,
      text: () => undefined,
      warn: () => undefined,
      warnOnce: () => undefined,
    },
  };
}
