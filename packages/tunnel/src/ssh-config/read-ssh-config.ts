// Reads ssh_config files with their Includes into one text. The library that understands the text follows no Includes.

import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { tunnelError } from '../tunnel-error.ts';

export interface ConfigPlace {
  home: string;
  /** Relative Includes start here: `~/.ssh` for the user's file, `/etc/ssh` for the system's. */
  includeDir: string;
}

/** ssh(1) allows 16 levels. */
const MAX_DEPTH = 16;

/** Empty when there is no such file. */
export async function readSshConfig(file: string, place: ConfigPlace, depth = 0): Promise<string> {
  if (depth > MAX_DEPTH) {
    throw tunnelError(
      'ssh_config_invalid',
      `cannot read ${file} because its Includes go deeper than ${MAX_DEPTH} levels`,
    );
  }
  const text = await readIfPresent(file);
  const lines: string[] = [];
  // What the lines after an Include belong to, whatever blocks the included file opened.
  let block = 'Host *';
  for (const line of text.split(/\r?\n/)) {
    const include = /^\s*Include[\s=]+(.+?)\s*$/i.exec(line)?.[1];
    if (include === undefined) {
      if (/^\s*(Host|Match)[\s=]/i.test(line)) block = line;
      lines.push(line);
      continue;
    }
    for (const pattern of splitWords(include)) {
      for (const path of await filesMatching(resolvePattern(pattern, place))) {
        lines.push(await readSshConfig(path, place, depth + 1), block);
      }
    }
  }
  return lines.join('\n');
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') return '';
    throw tunnelError('ssh_config_invalid', `cannot read ${file}`, {
      hint: 'Check who owns it and its mode.',
      cause: error,
    });
  }
}

function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

function resolvePattern(pattern: string, { home, includeDir }: ConfigPlace): string {
  if (pattern.startsWith('~/')) return join(home, pattern.slice(2));
  return isAbsolute(pattern) ? pattern : join(includeDir, pattern);
}

/** Wildcards are understood in the last part of the path, where configurations have them. */
async function filesMatching(pattern: string): Promise<string[]> {
  const name = basename(pattern);
  if (!/[*?]/.test(name)) return [pattern];
  const source = name
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matcher = new RegExp(`^${source}$`);
  try {
    const names = await readdir(dirname(pattern));
    return names
      .filter((found) => matcher.test(found) && (!found.startsWith('.') || name.startsWith('.')))
      .toSorted()
      .map((found) => join(dirname(pattern), found));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
