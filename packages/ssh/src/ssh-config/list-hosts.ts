// Lists the host names of the user's ~/.ssh/config in their order, without patterns.

import { join } from 'node:path';

import { type ConfigEntry, readSshConfig } from './read-ssh-config.ts';

export async function listSshHosts(home: string): Promise<string[]> {
  const entries = await readSshConfig(join(home, '.ssh', 'config'), { home, includeDir: join(home, '.ssh') });
  return [...new Set(namesIn(entries))].filter((name) => name !== '' && !/[*?!]/.test(name));
}

function namesIn(entries: readonly ConfigEntry[]): string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'include') return entry.files.flatMap(namesIn);
    return entry.kind === 'line' && entry.keyword === 'host' ? entry.words : [];
  });
}
