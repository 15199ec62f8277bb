// Where things lie on this machine. Facts only.

import { join } from 'node:path';

import type { Context } from './context.ts';

export function cacheDir(context: Pick<Context, 'env' | 'home'>): string {
  return join(context.env['XDG_CACHE_HOME'] || join(context.home, '.cache'), 'fairlead');
}

/** What Node has compiled of our commands. */
export function compileCacheDir(context: Pick<Context, 'env' | 'home'>): string {
  return join(cacheDir(context), 'compiled');
}
