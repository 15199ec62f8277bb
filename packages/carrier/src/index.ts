export { type BastionLink, type BastionLinkOptions, createBastionLink } from './bastion-socket/bastion-link.ts';
export { openControlChannel } from './bastion-socket/control-channel.ts';
export { type BastionOffererDeps, createBastionOfferer } from './bastion-socket/offer-at-bastion.ts';
export { checkGateLine } from './bastion-socket/prove-bastion.ts';
export type { ChannelUse, OfferFailure, Offerer, OfferOptions, Reach, Reacher, Up } from './carrier.ts';
export { type OfferErrorCode, offerErrorCodes, type ReachErrorCode } from './carrier-error.ts';
export { createReach } from './create-reach.ts';
export { type Pinned, type PinnedOptions, securePinned } from './secure-pinned.ts';
export { tunnelMachine } from './bastion-socket/tunnel-table.ts';
