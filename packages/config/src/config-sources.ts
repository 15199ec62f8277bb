// The sources of the configuration, the weakest first: the user's file, the project's file, FAIRLEAD_* variables, --set. Reads and merges them; does not check them.

import { isDeepStrictEqual } from 'node:util';

import { CodedError, errorText } from '@fairlead/kit';
import { type Document, parseDocument } from 'yaml';

import type { ConfigErrorCode } from './config-error.ts';
import { readRegularFile } from './read-regular-file.ts';
import { parseSettingPath } from './setting-path.ts';

export interface ConfigSource {
  /** A file's path, a variable's name, or `--set`. */
  from: string;
  value: Record<string, unknown>;
}

/** Resolves with undefined if there is no such file. */
export async function readConfigFile(path: string): Promise<ConfigSource | undefined> {
  const file = await readRegularFile(path);
  return file && { from: path, value: parseYamlObject(file.text, path) };
}

/** YAML text (BOM and CRLF allowed) whose top level is a mapping; an empty file is an empty mapping. */
export function parseYamlObject(text: string, from: string): Record<string, unknown> {
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { prettyErrors: true });
  const [problem] = document.errors;
  if (problem) {
    throw new CodedError<ConfigErrorCode>(
      'config_invalid',
      `cannot use ${from} because it is not YAML: ${problem.message.trim()}`,
      { hint: 'Correct the line it names.' },
    );
  }
  const value = valueOf(document, from);
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new CodedError<ConfigErrorCode>(
      'config_invalid',
      `cannot use ${from} because its top level is not a mapping of settings`,
      { hint: 'It should begin with a key such as `bastion:` or `clusters:`.' },
    );
  }
  return value as Record<string, unknown>;
}

/** Converts the document, which finds an alias without an anchor and too many aliases. */
function valueOf(document: Document.Parsed, from: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new CodedError<ConfigErrorCode>('config_invalid', `cannot use ${from} because ${errorText(error)}`, {
      hint: 'Correct the anchor (&name) or the alias (*name).',
      cause: error,
    });
  }
}

/** `FAIRLEAD_DEFAULT_CLUSTER=x` and `FAIRLEAD_SET="clusters.tb.slurm.partition=gpu;…"`. */
export function environmentSources(env: Record<string, string | undefined>): ConfigSource[] {
  const sources: ConfigSource[] = [];
  if (env['FAIRLEAD_DEFAULT_CLUSTER'])
    sources.push({ from: 'FAIRLEAD_DEFAULT_CLUSTER', value: { defaultCluster: env['FAIRLEAD_DEFAULT_CLUSTER'] } });
  const pairs = (env['FAIRLEAD_SET'] ?? '').split(';').filter((pair) => pair.trim() !== '');
  sources.push(...pairs.map((pair) => ({ from: 'FAIRLEAD_SET', value: parseSetting(pair) })));
  return sources;
}

/** Parses `a.b.c=value` (a key with a dot: `a."b.c"`). The value is YAML, so `true`, `4` and `[a, b]` have their types. */
export function parseSetting(pair: string): Record<string, unknown> {
  const setting = parseSettingPath(pair);
  if (!setting) {
    throw new CodedError<ConfigErrorCode>(
      'usage',
      `cannot use the setting ${JSON.stringify(pair)} because it is not path=value`,
      {
        hint: `For example --set slurm.partition=gpu. A key with a dot is quoted: --set 'presets."qwen-2.5".gpus=2'`,
      },
    );
  }
  const document = parseDocument(setting.value);
  const value: unknown = document.errors.length > 0 ? setting.value : valueOf(document, setting.value);
  return setting.keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

/** Merges mappings key by key; replaces all other values. */
export function mergeSettings(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = key in merged ? mergeSettings(merged[key], value) : value;
  return merged;
}

/** The settings of `after` that `before` lacks or has with another value. */
export function changedSettings<T extends object>(before: T, after: T): Partial<T> {
  const changed = Object.entries(after).flatMap(([key, value]): Array<[string, unknown]> => {
    const old: unknown = (before as Record<string, unknown>)[key];
    if (isDeepStrictEqual(old, value)) return [];
    return [[key, isMapping(old) && isMapping(value) ? changedSettings(old, value) : value]];
  });
  return Object.fromEntries(changed) as Partial<T>;
}

/** Every leaf of a mapping as `a.b.c`. */
export function leafPaths(value: unknown, prefix = ''): string[] {
  if (!isMapping(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) => leafPaths(inner, prefix ? `${prefix}.${key}` : key));
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
