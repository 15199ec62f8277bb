// Every carrier of the list against the one contract, and the one in memory, which is for tests alone.

import { describe, expect, it } from 'vitest';

import { type CarrierUnderTest, describeCarrierContract } from './carrier.contract.ts';
import { carrierKinds } from './carrier-kinds.ts';

const names = [...carrierKinds.map(({ kind }) => kind), 'memory'];

for (const name of names) {
  const found = (await import(`./${name}/testing/under-test.ts`)) as { carrierUnderTest: CarrierUnderTest };
  describeCarrierContract(found.carrierUnderTest);
}

describe('The list of carriers', () => {
  it('has each kind once', () => expect(new Set(names).size).toBe(names.length));
});
