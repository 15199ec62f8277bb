import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

/** Makes 1.3 GB of buffers and keeps 1 MB of them at a time, as a body does that passes through; prints how often the whole heap was collected. */
const pass = `
  let collections = 0;
  new PerformanceObserver((list) => { for (const { detail } of list.getEntries()) collections += detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR; }).observe({ entryTypes: ['gc'] });
  const kept = [];
  for (let turn = 0; turn < 400; turn += 1) {
    for (let n = 0; n < 100; n += 1) kept[n % 32] = Buffer.allocUnsafeSlow(32_768);
    await new Promise(setImmediate);
  }
  console.log(collections);`;

async function collections(version: string): Promise<number> {
  const source = `
    import { constants, PerformanceObserver } from 'node:perf_hooks';
    import { countBuffersAsHeap } from '${import.meta.resolve('./count-buffers-as-heap.ts')}';
    countBuffersAsHeap('${version}');${pass}`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source]);
  expect(stderr).toBe('');
  return Number(stdout);
}

it('lets bodies pass with few full collections of garbage, on the Node whose V8 can', async () => {
  const without = await collections('23.0.0');
  expect(without).toBeGreaterThan(4);
  expect(await collections(process.versions.node)).toBeLessThan(without / 2);
});
