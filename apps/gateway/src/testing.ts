export { type Handler, openRelayWorld, type RelayWorld } from './testing/relay-world.ts';
export { fillHistory, type History } from './testing/fill-history.ts';
export { openRelayTo, type RelayTo, type RelayToOptions } from './testing/relay-to.ts';
