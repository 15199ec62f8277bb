// Every kind of carrier against the one contract. A new kind is a folder and a line in this list.

import { bastionUnderTest } from './bastion-socket/testing/bastion-under-test.ts';
import { type CarrierUnderTest, describeCarrierContract } from './carrier.contract.ts';
import { memoryUnderTest } from './memory/testing/memory-under-test.ts';

const carriers: readonly CarrierUnderTest[] = [bastionUnderTest, memoryUnderTest];

for (const carrier of carriers) describeCarrierContract(carrier);
