export { openRelayTo, type RelayTo } from './testing/relay-to.ts';
