import { expect, it } from 'vitest';

import { findGpu, formatSupport, gpuLabel, gpus, reportedGib } from './gpu.ts';

it('A GPU is found by type and memory, and by its type alone if it has one size', () => {
  expect(findGpu('A100:80')).toMatchObject({ gpu: { name: 'a100', memoryGb: 80 } });
  expect(findGpu('l40')).toMatchObject({ gpu: { memoryGb: 48 } });
  expect(findGpu('a100')).toEqual({ candidates: ['a100:40', 'a100:80'] });
  expect(findGpu('a100:64')).toMatchObject({ candidates: expect.arrayContaining(['h100:94']) });
});

it('No GPU reports more than its data sheet says, nor less than the lowest known share of it', () => {
  for (const gpu of gpus) {
    expect(reportedGib(gpu), gpuLabel(gpu)).toBeLessThanOrEqual(gpu.memoryGb);
    const lowest = gpu.name === 't4' ? 0.91 : 0.93;
    expect(reportedGib(gpu), gpuLabel(gpu)).toBeGreaterThanOrEqual(gpu.memoryGb * lowest - 1e-9);
  }
});

it.each([
  ['t4', 'bf16', 'slower'],
  ['v100', 'awq', 'no'],
  ['v100', 'gptq', 'native'],
  ['t4', 'awq', 'native'],
  ['t4', 'fp8', 'no'],
  ['a100:80', 'fp8', 'slower'],
  ['a100:80', 'mxfp4', 'native'],
  ['l40', 'fp8', 'native'],
  ['mi100', 'bf16', 'native'],
  ['mi100', 'awq', 'no'],
  ['mi300x', 'fp8', 'native'],
] as const)('%s takes %s weights: %s', (label, format, kind) => {
  const found = findGpu(label);
  expect('gpu' in found && formatSupport(found.gpu, format).kind).toBe(kind);
});
