// What can go wrong between a consumer and a front. The programs on either side have these codes among their own.

/** On the consumer's side. */
export type ReachErrorCode =
  | 'bastion_moved'
  | 'connection_closed'
  | 'control_unreachable'
  | 'control_untrusted'
  | 'endpoint_untrusted'
  | 'path_broken';

/** On the side of the job. */
export const offerErrorCodes = ['wrong_bastion', 'gate_refused'] as const;
export type OfferErrorCode = (typeof offerErrorCodes)[number];
