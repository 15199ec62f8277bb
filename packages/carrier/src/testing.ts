export { createMemoryNetwork, type MemoryAddress, type MemoryNetwork, type Towards } from './memory/memory-network.ts';
export {
  controlIdentity as CONTROL_IDENTITY,
  impostorIdentity as IMPOSTOR_IDENTITY,
  type TestIdentity,
} from './testing/test-identities.ts';
