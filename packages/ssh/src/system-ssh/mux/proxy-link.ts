// SSH channels through an ssh master in proxy mode (OpenSSH's PROTOCOL.mux): channel messages in the clear, on a unix
// socket of this user; the master encrypts them and numbers the channels. The first cause of the end wins.

import { type CodedError, detach, errorText, untilAborted, withTimeLimit } from '@fairlead/kit';

import type { WaitOptions } from '../../connection/ssh-link.ts';
import { type SshErrorCode, sshError } from '../../ssh-error.ts';
import type { FrameSocket } from './frame-socket.ts';
import type { ClosesWhen } from '../../connection/channel-stream.ts';
import { message, packetBytes, type PeerSide, ProxyChannel, windowBytes } from './proxy-channel.ts';
import { string, u32, WireReader } from './wire.ts';

export interface OpenRequest extends WaitOptions {
  type: string;
  /** The fields that the channel's type adds to the request. */
  parts?: Buffer[];
  closesWhen: ClosesWhen;
  /** The purpose, for the message when the server does not answer: `start a command`. */
  what: string;
}

/** The server's refusal to open a channel, with its own words (RFC 4254 5.1). */
export class OpenFailure extends Error {
  readonly reason: number;

  constructor(reason: number, text: string) {
    super(text);
    this.reason = reason;
  }
}

export interface ProxyLinkDeps {
  /** Resolves with the cause of the master's end. */
  causeOf: () => Promise<CodedError<SshErrorCode>>;
  onOpen: () => Promise<void>;
}

interface Opening {
  resolve: (channel: ProxyChannel) => void;
  reject: (error: Error) => void;
  closesWhen: ClosesWhen;
  isWanted: boolean;
}

export class ProxyLink {
  readonly label: string;
  /** Resolves with the cause of the end; undefined if this side closed it. Never rejects. */
  readonly closed: Promise<CodedError<SshErrorCode> | undefined>;
  readonly #frames: FrameSocket;
  readonly #deps: ProxyLinkDeps;
  readonly #ended = new AbortController();
  readonly #openings = new Map<number, Opening>();
  readonly #channels = new Map<number, ProxyChannel>();
  #nextId = 0;
  #bytesRead = 0;
  #clearings: Array<() => void> = [];
  #isEnding = false;
  #cause: CodedError<SshErrorCode> | undefined;

  constructor(frames: FrameSocket, label: string, deps: ProxyLinkDeps) {
    this.#frames = frames;
    this.label = label;
    this.#deps = deps;
    frames.onFrame = (frame) => this.#take(frame);
    frames.socket.on('drain', () => {
      for (const callback of this.#clearings.splice(0)) callback();
    });
    const { promise, resolve } = Promise.withResolvers<CodedError<SshErrorCode> | undefined>();
    this.closed = promise;
    frames.socket.once('close', () => {
      detach(this.#onClose().then(() => resolve(this.#cause)));
    });
  }

  /** Fires when the connection has ended or is about to. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Whether a channel is being opened. */
  get isAsking(): boolean {
    return this.#openings.size > 0;
  }

  /** Any open channel: the server itself answers a request on it. */
  get anyChannel(): ProxyChannel | undefined {
    return this.#channels.values().next().value;
  }

  /** Ends the connection at once. Without a cause, this side closes it. Later causes are ignored. */
  end(cause?: CodedError<SshErrorCode>): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#cause = cause;
    const reason = cause ?? sshError('connection_lost', `cannot go on with ${this.label} because it was closed here`);
    this.#ended.abort(reason);
    for (const opening of this.#openings.values()) opening.reject(reason);
    for (const channel of this.#channels.values()) channel.destroy(cause);
    this.#frames.socket.destroy();
    for (const callback of this.#clearings.splice(0)) callback();
  }

  async open(request: OpenRequest): Promise<ProxyChannel> {
    this.ended.throwIfAborted();
    request.signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<ProxyChannel>();
    const id = (this.#nextId += 1);
    const opening: Opening = { resolve, reject, closesWhen: request.closesWhen, isWanted: true };
    this.#openings.set(id, opening);
    const { type, parts = [] } = request;
    this.send(message.open, string(type), u32(id), u32(windowBytes), u32(packetBytes), ...parts);
    try {
      const limited = withTimeLimit(promise, request.timeoutMs ?? 30_000, () =>
        sshError('timeout', `cannot ${request.what} because ${this.label} does not answer`, { retryable: true }),
      );
      return await untilAborted(limited, request.signal);
    } catch (error) {
      opening.isWanted = false;
      throw error;
    }
  }

  send(type: number, ...parts: Buffer[]): void {
    // The padding length, which is 0, then the message's type.
    this.#frames.write(Buffer.from([0, type]), ...parts);
  }

  /** Calls back at once, or when the socket has drained. */
  whenClear(callback: () => void): void {
    if (this.#frames.socket.writableNeedDrain && !this.ended.aborted) this.#clearings.push(callback);
    else callback();
  }

  #take(frame: Buffer): void {
    this.#bytesRead += frame.length;
    try {
      const reader = new WireReader(frame);
      reader.byte();
      const type = reader.byte();
      const id = reader.u32();
      if (type === message.openConfirmation) this.#onOpened(id, reader);
      else if (type === message.openFailure) this.#onRefused(id, reader);
      else {
        this.#channels.get(id)?.onMessage(type, reader);
        if (type === message.close) this.#channels.delete(id);
      }
    } catch (error) {
      this.end(
        sshError('protocol', `cannot talk to ${this.label} through the system's ssh: ${errorText(error)}`, {
          cause: error,
        }),
      );
    }
  }

  #onOpened(id: number, reader: WireReader): void {
    const opening = this.#openings.get(id);
    if (!opening) return;
    const peer: PeerSide = { id: reader.u32(), windowBytes: reader.u32(), packetBytes: reader.u32() };
    // A channel cannot send its data in packets of no bytes.
    if (peer.packetBytes === 0) throw new RangeError('the server confirms a channel with packets of 0 bytes');
    this.#openings.delete(id);
    const channel = new ProxyChannel(this, peer, opening.closesWhen);
    this.#channels.set(id, channel);
    // The caller has given up and does not wait for the channel.
    if (!opening.isWanted) channel.destroy();
    opening.resolve(channel);
    this.#deps
      .onOpen()
      .catch((error: unknown) =>
        this.end(sshError('connection_lost', `cannot keep the log of ${this.label}`, { cause: error })),
      );
  }

  #onRefused(id: number, reader: WireReader): void {
    this.#openings.get(id)?.reject(new OpenFailure(reader.u32(), reader.text()));
    this.#openings.delete(id);
  }

  /** Fails every waiting request, even if the cause of the end is unknown. */
  async #onClose(): Promise<void> {
    if (this.#isEnding) return;
    const unexplained = (cause: unknown) =>
      sshError('connection_lost', `lost ${this.label}: the system's ssh is gone`, { retryable: true, cause });
    this.end(await this.#deps.causeOf().catch(unexplained));
  }
}
