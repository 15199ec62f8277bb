// Writes the user's configuration: a new file with comments, or the changed settings into the file that is there, its comments kept.

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';
import type { FairleadConfig } from './fairlead-config.ts';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import type { ConfigErrorCode } from './config-error.ts';

/** Comments, without their `#`. Only what is new gets one: what a person wrote, or removed, stays so. */
export interface ConfigNotes {
  /** For a new file: its first lines, and its last. */
  head: string;
  tail?: string;
  /** By the path of the setting, such as `clusters.tb.slurm`. */
  keys: Readonly<Record<string, string>>;
}

const plain: ConfigNotes = {
  head: "Fairlead's configuration. `fairlead config` shows what is in force, `fairlead config schema` every setting.",
  keys: {},
};

/** Returns whether the file changed. Atomic; where the path is a link, what it leads to is written. */
export async function writeConfig(path: string, config: FairleadConfig, notes: ConfigNotes = plain): Promise<boolean> {
  const before = await readIfThere(path);
  const after = renderConfig(before, config, notes);
  if (before === after) return false;
  try {
    await replace(before === undefined ? path : await realpath(path), after);
  } catch (error) {
    throw new CodedError<ConfigErrorCode>('config_unwritable', `cannot write ${path}: ${errorText(error)}`, {
      hint: 'Make the folder one that this user may write to, or name another file: --config <file>.',
      cause: error,
    });
  }
  return true;
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Pure: the text of the file that says `config`, made from the text that was there; that very text where it says so already. */
export function renderConfig(before: string | undefined, config: FairleadConfig, notes: ConfigNotes = plain): string {
  const document = parseDocument((before ?? '').replace(/^\uFEFF/, ''));
  const isNew = before === undefined || !isMap(document.contents);
  const said: unknown = document.toJS();
  const added: string[][] = [];
  setLeaves(document, { path: [], value: config, added });
  if (!isNew && isDeepStrictEqual(document.toJS(), said)) return before;
  for (const path of added) comment(document, path, notes.keys[path.join('.')]);
  if (isNew) {
    const own = [document.commentBefore, document.comment];
    document.commentBefore = [...own, commented(notes.head)].filter((text) => typeof text === 'string').join('\n\n');
    document.comment = notes.tail === undefined ? null : commented(notes.tail);
  }
  return document.toString({ lineWidth: 0 });
}

interface Setting {
  path: string[];
  value: unknown;
  /** Filled with the paths that were not there. */
  added: string[][];
}

function setLeaves(document: Document, { path, value, added }: Setting): void {
  if (path.length > 0 && value !== undefined && !document.hasIn(path)) added.push(path);
  const isListNow = path.length > 0 && isSeq(document.getIn(path));
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isListNow) {
    for (const [key, inner] of Object.entries(value))
      setLeaves(document, { path: [...path, key], value: inner, added });
    return;
  }
  if (value !== undefined && JSON.stringify(leafAt(document, path)) !== JSON.stringify(value))
    document.setIn(path, document.createNode(value));
}

/** Above the key; in a mapping on one line there is no room for one. */
function comment(document: Document, path: readonly string[], text: string | undefined): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!text || !isMap(parent) || parent.flow) return;
  const pair = parent.items.find(({ key }) => (isScalar(key) ? key.value : key) === path.at(-1));
  if (!pair) return;
  if (!isScalar(pair.key)) pair.key = document.createNode(pair.key);
  if (isScalar(pair.key)) {
    pair.key.commentBefore = commented(text);
    pair.key.spaceBefore = path.length === 1 && parent.items[0] !== pair;
  }
}

function commented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : ` ${line}`))
    .join('\n');
}

function leafAt(document: Document, path: string[]): unknown {
  const node = document.getIn(path);
  return typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function'
    ? node.toJSON()
    : node;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ENOTDIR: a file stands where a folder of the path would be; writing says so.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
