export { type BastionLink, type BastionLinkOptions, createBastionLink } from './bastion-socket/bastion-link.ts';
export { secureControlChannel } from './bastion-socket/control-channel.ts';
export { bastionSocket } from './bastion-socket/bastion-socket.ts';
export { checkGateLine } from './bastion-socket/prove-bastion.ts';
export type {
  CarrierKind,
  ChannelUse,
  OfferFailure,
  Offerer,
  OffererDeps,
  OfferOptions,
  Reach,
  Reacher,
  ReacherDeps,
  Up,
} from './carrier.ts';
export { carrierKinds } from './carrier-kinds.ts';
export { type OfferErrorCode, offerErrorCodes, type ReachErrorCode } from './carrier-error.ts';
export { createReach } from './create-reach.ts';
export { type Pinned, type PinnedOptions, securePinned } from './secure-pinned.ts';
export { tunnelMachine } from './bastion-socket/tunnel-table.ts';
