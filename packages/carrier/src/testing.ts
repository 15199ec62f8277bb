export { createMemoryNetwork, type MemoryAddress, type MemoryNetwork, type Towards } from './memory/memory-network.ts';
export { controlIdentity, impostorIdentity, type TestIdentity } from './testing/test-identities.ts';
