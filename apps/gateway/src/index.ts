export type { GatewayErrorCode } from './gateway-error.ts';
export { breakerMachine } from './routing/breaker-table.ts';
export { requestMachine } from './relay/request-table.ts';
