// The facts of a model that is no preset, for `fairlead plan`: from a folder of this machine, or from the hub.

import { resolve } from 'node:path';

import { cacheDir } from '@fairlead/client/cache-dir';
import { CodedError } from '@fairlead/kit';
import { decodeFound, learnFromHub, readLocalFiles } from '@fairlead/launch';
import type { ModelFacts } from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';

type Needs = Pick<Context, 'env' | 'home' | 'cwd' | 'clock' | 'signal' | 'output'>;

/** Warns of a folder without all of its weights. Throws `model_facts_missing` with the reason where the files cannot be had, or say too little. */
export async function learnModel(text: string, { env, home, cwd, clock, signal, output }: Needs): Promise<ModelFacts> {
  const isFolder = /^[./~]/.test(text);
  const folder = resolve(cwd, text.startsWith('~/') ? `${home}${text.slice(1)}` : text);
  const found = isFolder ? await readLocalFiles(folder) : undefined;
  const learnt = found
    ? decodeFound(folder, found)
    : await learnFromHub(text, { env, home, clock, signal, cacheDir: cacheDir({ env, home }) });
  if (learnt.ok) {
    if (found?.ok && found.files.missing) output.warn(missingWords(text, found.files.missing));
    return learnt.model;
  }
  throw new CodedError<CliErrorCode>('model_facts_missing', `cannot plan ${text} because ${learnt.reason}`, {
    hint: isFolder
      ? 'Name a folder with config.json and the weights in safetensors.'
      : 'Check the id on the hub. HF_ENDPOINT names a mirror; a folder of this machine serves too: fairlead plan ./folder. `fairlead models` lists what needs no network.',
  });
}

/** Pure. */
function missingWords(folder: string, missing: readonly string[]): string {
  const [first = '', ...others] = missing;
  const what = others.length > 0 ? `${first} and ${others.length} more are missing` : `${first} is missing`;
  return `${folder} cannot be deployed as it is: ${what}. This plan goes by its config.json and index alone.`;
}
