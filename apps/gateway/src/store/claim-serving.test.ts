import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { claimServing } from './claim-serving.ts';
import { openGatewayStore } from './gateway-store.ts';

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

it('A state directory in which another account could replace the keys of members is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fl-claim-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o1777);
  for (const open of [() => claimServing(dir, 1), () => openGatewayStore(dir, 'command')])
    expect(open).toThrow(/every account of this host may write there/);
});

it.runIf(process.getuid?.() === 0)('A state directory of another account is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fl-claim-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  chownSync(dir, 65_534, 65_534);
  expect(() => claimServing(dir, 1)).toThrow(/it belongs to another account \(uid 65534, not 0\)/);
});
