import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { claimServing } from './claim-serving.ts';

it('A state directory has one claim at a time, and the refusal names who has it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fl-claim-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const first = claimServing(join(dir, 'state'), 4_711);
  expect(() => claimServing(join(dir, 'state'), 2)).toThrow(/a gateway serves it already: got process 4711/);
  claimServing(join(dir, 'other'), 3)[Symbol.dispose]();
  first[Symbol.dispose]();
  claimServing(join(dir, 'state'), 5)[Symbol.dispose]();
});

it('A state directory that cannot be used is told by its file', () => {
  expect(() => claimServing('/dev/null/state', 1)).toThrow(/cannot use \/dev\/null\/state\/serving\.db/);
});
