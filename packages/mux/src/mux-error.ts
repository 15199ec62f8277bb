// What can go wrong with a mux: the codes of this package.

export type MuxErrorCode =
  /** The channel below was lost, or the peer broke the protocol: all streams end. */
  | 'mux_lost'
  /** The peer has left one stream. */
  | 'stream_reset';
