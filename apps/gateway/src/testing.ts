export { openRelayWorld } from './testing/relay-world.ts';
