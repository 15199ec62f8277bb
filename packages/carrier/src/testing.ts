export { createMemoryNetwork, type MemoryAddress, type MemoryNetwork, type Towards } from './memory/memory-network.ts';
export { CONTROL_IDENTITY, IMPOSTOR_IDENTITY, type TestIdentity } from './testing/test-identities.ts';
