import { expect, it } from 'vitest';
import { chooseDtype } from './choose-dtype.ts';

const t4 = { name: 'Tesla T4', computeCapability: 7.5 };

it('chooseDtype takes half precision on a GPU without bfloat16, and says so', () => {
  const note =
    'the model is served in half precision (--dtype half): Tesla T4 (compute capability 7.5) has no bfloat16';
  const half = { arguments: ['--dtype', 'half'], notes: [note] };
  expect(chooseDtype(undefined, t4)).toEqual(half);
  expect(chooseDtype('auto', t4)).toEqual(half);
});

it.each([
  ['the settings name a format', 'float32', t4],
  ['the GPU has bfloat16', undefined, { name: 'NVIDIA A100-SXM4-40GB', computeCapability: 8 }],
  ['the GPU is newer', undefined, { name: 'NVIDIA B200', computeCapability: 10 }],
  ['the GPU tells no capability', undefined, { name: 'AMD Instinct MI100' }],
  ['no GPU is known', undefined, undefined],
])('chooseDtype leaves it to vLLM where %s', (_what, given, gpu) => {
  expect(chooseDtype(given, gpu)).toEqual({ arguments: [], notes: [] });
});
