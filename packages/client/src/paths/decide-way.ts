// How the next request travels: as a stream of a mux, or over a channel of its own. Pure; mux-paths.ts performs it.

import { isSameSocket, type PathEndpoint } from './live-paths.ts';

export type MuxState<Endpoint extends PathEndpoint = PathEndpoint> =
  /** `dialAfterMs`: the next request after it dials a mux. */
  | { status: 'none'; dialAfterMs: number }
  | { status: 'dialling' }
  | { status: 'up'; endpoint: Endpoint }
  /** The front at this endpoint takes one request a channel. */
  | { status: 'plain'; endpoint: Endpoint };

export interface WayFacts {
  /** That answers now. */
  endpoint: PathEndpoint | undefined;
  /** Whether the mux that is up takes another stream. */
  canOpen: boolean;
  /** Its channel is lost, and it is about to go on over another one. */
  isWaiting: boolean;
  nowMs: number;
}

export type RequestWay =
  | 'stream'
  /** A channel of its own. */
  | 'channel'
  /** The same, and a mux is dialled for the requests after it. */
  | 'channel-and-dial';

/** No request waits for a mux: until it is up each has a channel. */
export function decideWay(state: MuxState, { endpoint, canOpen, isWaiting, nowMs }: WayFacts): RequestWay {
  switch (state.status) {
    case 'dialling':
      return 'channel';
    case 'none':
      return endpoint && nowMs >= state.dialAfterMs ? 'channel-and-dial' : 'channel';
    case 'up':
      if (!endpoint || isWaiting) return 'channel';
      if (!isSameSocket(state.endpoint, endpoint)) return 'channel-and-dial';
      return canOpen ? 'stream' : 'channel';
    case 'plain':
      return endpoint && !isSameSocket(state.endpoint, endpoint) ? 'channel-and-dial' : 'channel';
  }
}
