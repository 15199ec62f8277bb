// A preset of the same model in another format of its weights. Pure.

import type { ModelPreset } from './model-preset.ts';

/** What is the variant's own; all else is its base's. */
type Own = Pick<ModelPreset, 'name' | 'model' | 'title' | 'quantization' | 'weights' | 'fits'> &
  Partial<Pick<ModelPreset, 'shape'>>;

export function variantOf(base: ModelPreset, own: Own): ModelPreset {
  const { siblings: _siblings, ...shared } = base;
  return { ...shared, ...own };
}
