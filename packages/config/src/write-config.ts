// Writes the user's configuration: a new file with comments, or the changed settings into the existing file, whose comments stay.

import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { CodedError, errnoOf, errorText, writeWholeFile } from '@fairlead/kit';
import type { FairleadConfig } from './fairlead-config.ts';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import type { ConfigErrorCode } from './config-error.ts';

/** Comments, without their `#`. Only new settings get one: comments that a user wrote or removed are not touched. */
export interface ConfigNotes {
  /** The first lines of a new file; `tail`: its last lines. */
  head: string;
  tail?: string;
  /** Comments by the path of the setting, such as `clusters.tb.slurm`. */
  keys: Readonly<Record<string, string>>;
}

const plain: ConfigNotes = {
  head: "Fairlead's configuration. `fairlead config` shows what is in force, `fairlead config schema` every setting.",
  keys: {},
};

/** Resolves with whether the file changed. Atomic. If the path is a link, writes the file that it leads to. Throws `config_unwritable`. */
export async function writeConfig(path: string, config: FairleadConfig, notes: ConfigNotes = plain): Promise<boolean> {
  const before = await readIfThere(path);
  const after = renderConfig(before, config, notes);
  if (before === after) return false;
  try {
    await replace(before === undefined ? path : await realpath(path), after);
  } catch (error) {
    throw new CodedError<ConfigErrorCode>('config_unwritable', `cannot write ${path}: ${errorText(error)}`, {
      hint: 'Give this user write permission for the folder, or name another file: --config <file>.',
      cause: error,
    });
  }
  return true;
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWholeFile(path, text);
}

/** The text of a file with the settings of `config`, made from the existing text; the same text if it has them already. Pure. */
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
  /** Collects the paths of new settings. */
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

/** Puts a comment above the key. Not in a mapping on one line, where there is no room for it. */
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
    // ENOTDIR: a part of the path is a file and not a folder; the write reports it.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
