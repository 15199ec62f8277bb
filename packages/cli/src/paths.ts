// Where things lie on this machine. Facts only.

import { join } from 'node:path';

import { cacheDir } from '@fairlead/client/cache-dir';

import type { Context } from './context.ts';

/** What Node has compiled of our commands. */
export function compileCacheDir(context: Pick<Context, 'env' | 'home'>): string {
  return join(cacheDir(context), 'compiled');
}
