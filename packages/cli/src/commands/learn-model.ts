// The facts of a model that is no preset, for `fairlead plan`: from a folder of this machine, or from the hub.

import { resolve } from 'node:path';

import { cacheDir } from '@fairlead/client/cache-dir';
import { CodedError } from '@fairlead/kit';
import { decodeFound, learnFromHub, readLocalFiles } from '@fairlead/launch';
import type { ModelFacts } from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';

type Needs = Pick<Context, 'env' | 'home' | 'cwd' | 'clock' | 'signal'>;

/** Throws `model_facts_missing` with the reason where the files cannot be had, or say too little. */
export async function learnModel(text: string, { env, home, cwd, clock, signal }: Needs): Promise<ModelFacts> {
  const isFolder = /^[./~]/.test(text);
  const folder = resolve(cwd, text.startsWith('~/') ? `${home}${text.slice(1)}` : text);
  const learnt = isFolder
    ? decodeFound(folder, await readLocalFiles(folder))
    : await learnFromHub(text, { env, home, clock, signal, cacheDir: cacheDir({ env, home }) });
  if (learnt.ok) return learnt.model;
  throw new CodedError<CliErrorCode>('model_facts_missing', `cannot plan ${text} because ${learnt.reason}`, {
    hint: isFolder
      ? 'Name a folder with config.json and the weights in safetensors.'
      : 'Check the id on the hub. HF_ENDPOINT names a mirror; a folder of this machine serves too: fairlead plan ./folder. `fairlead models` lists what needs no network.',
  });
}
