// Where this machine keeps what can be made again.

import { join } from 'node:path';

/** `$XDG_CACHE_HOME/fairlead`, else `~/.cache/fairlead`. */
export function cacheDir({ env, home }: { env: Record<string, string | undefined>; home: string }): string {
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'fairlead');
}
