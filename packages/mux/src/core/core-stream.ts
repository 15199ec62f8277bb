// What one end knows of a stream. Only mux-core.ts and send-queues.ts change it.

export interface StreamListener {
  /** A part of the chunk that was received: kept, it keeps the whole chunk. */
  onBytes(bytes: Buffer): void;
  /** The peer writes no more. */
  onEnd(): void;
  /** The peer has left the stream. Nothing follows. */
  onReset(): void;
  /** All that was written has been packed. */
  onSent(): void;
}

export interface CoreStream {
  /** 0 until it is opened. */
  id: number;
  listener: StreamListener;
  /** The peer knows of it. A stream of the consumer is opened by its first bytes. */
  isOpened: boolean;
  /** Neither side writes any more, or one has left. */
  isClosed: boolean;
  localEnd: 'open' | 'wanted' | 'sent';
  hasPeerEnded: boolean;
  /** Bytes that the peer accepts now. */
  credit: number;
  /** Written, and not packed yet. */
  queue: Buffer[];
  queuedBytes: number;
  /** Of the first buffer of the queue, how much is packed. */
  queueOffset: number;
  isQueued: boolean;
  /** Bytes packed within the round trip of that number: a stream that sends much is bulk. */
  round: number;
  roundBytes: number;
  /** Bytes that the peer may still send. */
  allowance: number;
  /** What `allowance` is filled up to. */
  windowBytes: number;
  /** Consumed here, and not given back to the peer yet. */
  owedBytes: number;
  grantedMs: number;
}

export function createCoreStream(id: number, windows: { credit: number; windowBytes: number }): CoreStream {
  return {
    id,
    listener: silent,
    isOpened: false,
    isClosed: false,
    localEnd: 'open',
    hasPeerEnded: false,
    credit: windows.credit,
    queue: [],
    queuedBytes: 0,
    queueOffset: 0,
    isQueued: false,
    round: -1,
    roundBytes: 0,
    allowance: windows.windowBytes,
    windowBytes: windows.windowBytes,
    owedBytes: 0,
    grantedMs: 0,
  };
}

const ignore = () => undefined;
const silent: StreamListener = { onBytes: ignore, onEnd: ignore, onReset: ignore, onSent: ignore };
