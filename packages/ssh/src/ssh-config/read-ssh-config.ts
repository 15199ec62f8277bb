// Reads an ssh_config and the files that it includes into lines. The lines of an Include stay together, because they belong to
// the block of the Include.

import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, parse, sep } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { sshError } from '../ssh-error.ts';
import { type ConfigLine, type LinePlace, splitConfigLine } from './config-line.ts';
import { matchPattern } from './match-patterns.ts';

export interface SshConfigPlace {
  home: string;
  /** The directory of relative Includes: `~/.ssh` for the user's file, `/etc/ssh` for the system's. */
  includeDir: string;
}

export type ConfigEntry =
  | ({ kind: 'line' } & ConfigLine)
  | { kind: 'include'; place: LinePlace; files: ConfigEntry[][] }
  /** An Include that cannot be followed; an error only if its block counts. */
  | { kind: 'unread'; place: LinePlace; why: string };

/** ssh(1) allows 16 levels. */
const maxDepth = 16;

/** Resolves with an empty list if there is no such file. Throws `ssh_config_invalid` for a line or file that cannot be read. */
export async function readSshConfig(file: string, place: SshConfigPlace, depth = 0): Promise<ConfigEntry[]> {
  if (depth > maxDepth) {
    throw sshError('ssh_config_invalid', `cannot read ${file} because its Includes go deeper than ${maxDepth} levels`);
  }
  const text = await readIfPresent(file);
  const entries: ConfigEntry[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = splitConfigLine(content, { file, line: index + 1 });
    if (line) entries.push(line.keyword === 'include' ? await follow(line, place, depth) : { kind: 'line', ...line });
  }
  return entries;
}

async function follow(line: ConfigLine, place: SshConfigPlace, depth: number): Promise<ConfigEntry> {
  const odd = line.words.find((word) => /[%$[\]\\]|^~(?!\/)/.test(word) || word === '');
  if (odd !== undefined)
    return { kind: 'unread', place: line.place, why: `Fairlead does not find the files that ${odd} includes` };
  const files: ConfigEntry[][] = [];
  for (const word of line.words) {
    for (const path of await filesMatching(resolvePattern(word, place)))
      files.push(await readSshConfig(path, place, depth + 1));
  }
  return { kind: 'include', place: line.place, files };
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') return '';
    throw sshError('ssh_config_invalid', `cannot read ${file}`, {
      hint: 'Check who owns it and its mode.',
      cause: error,
    });
  }
}

function resolvePattern(pattern: string, { home, includeDir }: SshConfigPlace): string {
  if (pattern.startsWith('~/')) return join(home, pattern.slice(2));
  return isAbsolute(pattern) ? pattern : join(includeDir, pattern);
}

/** The files that match, as glob(7) finds them and in its order. */
async function filesMatching(pattern: string): Promise<string[]> {
  const { root } = parse(pattern);
  const parts = pattern.slice(root.length).split(sep);
  let found = [root];
  for (const part of parts.filter((part) => part !== '')) {
    if (!isPattern(part)) found = found.map((dir) => join(dir, part));
    else found = (await Promise.all(found.map((dir) => entriesMatching(dir, part)))).flat();
  }
  return found;
}

const isPattern = (part: string): boolean => /[*?]/.test(part);

async function entriesMatching(dir: string, pattern: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names
      .filter((name) => matchPattern(name, pattern) && (!name.startsWith('.') || pattern.startsWith('.')))
      .toSorted()
      .map((name) => join(dir, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
