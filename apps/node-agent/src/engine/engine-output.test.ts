import { findEngineKind } from '@fairlead/engines';
import { expect, it } from 'vitest';
import { EngineOutput } from './engine-output.ts';
import { createLineBlocks } from './line-blocks.ts';

/** An engine's output as the agent reads it: in chunks of 64 KB, into memory that is written over. */
function reading() {
  let writtenBytes = 0;
  let longestBlock = 0;
  const phases: string[] = [];
  const output = new EngineOutput({
    kind: findEngineKind('vllm'),
    file: {
      write: (block) => void (writtenBytes += block.length),
      written: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    },
    surroundings: () => ({ engine: 'vllm', gpus: '', interfaces: [] }),
    onPhase: ({ phase, percent }) => phases.push(`${phase} ${percent ?? ''}`.trim()),
  });
  const take = output.begin();
  const blocks = createLineBlocks((block) => {
    longestBlock = Math.max(longestBlock, block.length);
    take(block);
  });
  const memory = Buffer.alloc(64 * 1024);
  const feed = (bytes: Buffer) => {
    for (let from = 0; from < bytes.length; from += memory.length) {
      const size = bytes.copy(memory, 0, from, from + memory.length);
      blocks.push(memory.subarray(0, size));
      memory.fill(0xee);
    }
  };
  return { output, feed, phases, sizes: () => ({ writtenBytes, longestBlock }) };
}

const oom =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB\n';
const storm = Buffer.from('(EngineCore pid=7) INFO 11-21 02:00:21 [core.py:1] one line of a storm\n'.repeat(20_000));
const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 2_654_435_761) % 251));
const long = Buffer.from(`${'x'.repeat(10_000_000)}\n`);

it.each([
  ['a log storm', storm],
  ['a line of 10 MB', long],
  ['output that is no text', bytes],
])('The cause of a failure is found before, amid and after %s, and memory stays bounded', (_what, noise) => {
  for (const order of [
    [Buffer.from(oom), noise],
    [noise, Buffer.from(`\n${oom}`), noise],
    [noise, Buffer.from(`\n${oom}`)],
  ]) {
    const { output, feed, sizes } = reading();
    for (const part of order) feed(part);
    const failure = output.explainExit({ code: 1, signal: null });
    expect(failure.message).toMatch(/out of memory|memory/i);
    expect(failure.lastLines.every((line) => line.length <= 1000)).toBe(true);
    expect(sizes().longestBlock).toBeLessThan(200_000);
    const givenBytes = order.reduce((sum, part) => sum + part.length, 0);
    expect(sizes().writtenBytes).toBeGreaterThan(givenBytes * 0.99);
  }
});

it('A phase is told once, and the order of two streams that were joined does no harm', () => {
  const { feed, phases } = reading();
  feed(
    Buffer.from(
      'Loading safetensors checkpoint shards:  50% Completed | 2/4\nLoading safetensors checkpoint shards:  50% Completed | 2/4\nInitializing a V1 LLM engine (v0.32.0)\nINFO:     Application startup complete.\nLoading safetensors checkpoint shards: 100% Completed | 4/4\n',
    ),
  );
  expect(phases).toEqual(['loading 50', 'probing']);
});
