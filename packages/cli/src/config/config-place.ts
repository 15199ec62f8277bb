// Where a command's configuration is looked for.

import type { ConfigPlace } from '@fairlead/config';

import type { Context } from '../context.ts';

export function configPlaceOf({
  env,
  home,
  cwd,
  flags,
  output,
}: Pick<Context, 'env' | 'home' | 'cwd' | 'flags' | 'output'>): ConfigPlace {
  return { env, home, cwd, file: flags.config, warn: (text) => output.warnOnce(text) };
}
