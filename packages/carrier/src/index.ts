export { type BastionLink, type BastionLinkOptions, createBastionLink } from './bastion-socket/bastion-link.ts';
export { openControlChannel } from './bastion-socket/control-channel.ts';
export { checkGateLine } from './bastion-socket/prove-bastion.ts';
export { openTunnel, type Tunnel, type TunnelOptions } from './bastion-socket/tunnel.ts';
export type { TunnelFailure } from './bastion-socket/tunnel-machine.ts';
export { type OfferErrorCode, offerErrorCodes, type ReachErrorCode } from './carrier-error.ts';
export { tunnelMachine } from './bastion-socket/tunnel-table.ts';
