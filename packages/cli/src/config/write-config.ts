// Writes the user's configuration: a new file with comments, or the changed settings into the file that is there, its comments kept.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errnoOf } from '@fairlead/kit';
import type { FairleadConfig } from '@fairlead/protocol';
import { type Document, isMap, parseDocument } from 'yaml';

const HEADER = ` Fairlead's configuration. \`fairlead config\` shows what is in force, \`fairlead config schema\` every setting.`;

/** Returns whether the file changed. Atomic. */
export async function writeConfig(path: string, config: FairleadConfig): Promise<boolean> {
  const before = await readIfThere(path);
  const after = renderConfig(before, config);
  if (before === after) return false;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, after, { mode: 0o600 });
  await rename(temporary, path);
  return true;
}

/** Pure: the text of the file that says `config`, made from the text that was there. */
export function renderConfig(before: string | undefined, config: FairleadConfig): string {
  const document = parseDocument(before ?? '');
  if (before === undefined || !isMap(document.contents)) document.commentBefore = HEADER;
  setLeaves(document, [], config);
  return document.toString({ lineWidth: 0 });
}

function setLeaves(document: Document, path: string[], value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) setLeaves(document, [...path, key], inner);
    return;
  }
  if (value !== undefined && JSON.stringify(leafAt(document, path)) !== JSON.stringify(value))
    document.setIn(path, document.createNode(value));
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
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
