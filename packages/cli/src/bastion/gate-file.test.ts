import { protocolVersion } from '@fairlead/protocol';
import { expect, it } from 'vitest';

import { readGate } from './gate-file.ts';

it('the gate says the version of the protocol in its line', async () => {
  const [, version] = /"fairlead":(\d+),/.exec((await readGate()).toString()) ?? [];
  expect(Number(version)).toBe(protocolVersion);
});
