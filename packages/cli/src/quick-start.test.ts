import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

/** Keeps 80 MB, bit by bit, so that V8 has to mark the heap. */
const fill = `for (let turn = 0; turn < 80; turn++) {
  kept.push(Array.from({ length: 131_072 }, (_, index) => ({ index })).slice(0, 20_000));
  await new Promise(setImmediate);
}`;

async function run(script: string): Promise<string> {
  const flags = ['--conditions=fairlead-source', '--trace-incremental-marking', '--input-type=module'];
  const source = `const kept = []; const { liveOn } = await import('${import.meta.resolve('./quick-start.ts')}'); ${script}`;
  return (await promisify(execFile)(process.execPath, [...flags, '-e', source])).stdout;
}

it('marks the heap in steps only for a command that lives on', async () => {
  expect(await run(fill)).not.toContain('[IncrementalMarking]');
  expect(await run(`liveOn(); ${fill}`)).toContain('[IncrementalMarking]');
});
