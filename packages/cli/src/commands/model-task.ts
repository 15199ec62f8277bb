// What a model does: as the catalogue of presets knows it, else as the hub said when it was planned on this machine.

import { cacheDir } from '@fairlead/client/cache-dir';
import { builtInModels, type ModelFacts } from '@fairlead/planner';

import type { Context } from '../context.ts';

export type Task = ModelFacts['task'];

/** `names`: a preset's name, or a Hugging Face id. Reaches no host. A model of which nothing is known is taken for one that chats. */
export async function taskOf(
  names: readonly string[],
  { env, home, clock }: Pick<Context, 'env' | 'home' | 'clock'>,
): Promise<Task> {
  const wanted = names.map((name) => name.toLowerCase());
  const found = builtInModels.find(({ name, model }) => wanted.includes(name) || wanted.includes(model.toLowerCase()));
  if (found) return found.task;
  // Only now: the library is large.
  const { recallModel } = await import('@fairlead/launch');
  const recalled = await Promise.all(
    [...new Set(names)].map((name) => recallModel(name, { cacheDir: cacheDir({ env, home }), clock })),
  );
  return recalled.find((model) => model !== undefined)?.task ?? 'chat';
}
