export { type Handler, openRelayWorld, type RelayWorld } from './testing/relay-world.ts';
export { openRelayTo, type RelayTo } from './testing/relay-to.ts';
