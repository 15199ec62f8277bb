// The names that a person gave hosts in ~/.ssh/config, in their order; patterns are no names.

import { join } from 'node:path';

import { readSshConfig } from './read-ssh-config.ts';

export async function listSshHosts(home: string): Promise<string[]> {
  const text = await readSshConfig(join(home, '.ssh', 'config'), { home, includeDir: join(home, '.ssh') });
  const names = text.split('\n').flatMap((line) => {
    const patterns = /^\s*Host(?:\s+|\s*=\s*)(.+)$/i.exec(line)?.[1] ?? '';
    return [...patterns.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  });
  return [...new Set(names)].filter((name) => name !== '' && !/[*?!]/.test(name));
}
