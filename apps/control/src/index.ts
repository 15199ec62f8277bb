export type { ControlErrorCode } from './control-error.ts';
export { readBootId } from './boot-id.ts';
export { type ControlOptions, defaultHeartbeatMs, defaultLeaseMs } from './control-options.ts';
export { type Control, openControl } from './open-control.ts';
export { dialMachine } from './carrier/dial-table.ts';
export { lifeMachine } from './domain/life-table.ts';
export { renderOpenApi } from './openapi/render-openapi.ts';
export { type Identity, initIdentity } from './state/identity.ts';
export { mintOwnerToken } from './state/owner-tokens.ts';
