// What a model does, as far as the catalogue of presets knows it. Pure.

import { builtInModels, type ModelFacts } from '@fairlead/planner';

export type Task = ModelFacts['task'];

/** `names`: a preset's name, or a Hugging Face id. A model that the catalogue does not know is taken for one that chats. */
export function taskOf(...names: readonly string[]): Task {
  const wanted = names.map((name) => name.toLowerCase());
  const found = builtInModels.find(({ name, model }) => wanted.includes(name) || wanted.includes(model.toLowerCase()));
  return found?.task ?? 'chat';
}
