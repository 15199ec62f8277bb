// A client of an ssh master's control socket (OpenSSH's PROTOCOL.mux): alive check, forward, terminate, and
// "proxy", after which the connection carries SSH's own channel messages. Starts no process.

import { markHandled, untilAborted, withTimeLimit } from '@fairlead/kit';

import { sshError } from '../../ssh-error.ts';
import { type FrameSocket, openFrameSocket } from './frame-socket.ts';
import { string, u32, WireReader } from './wire.ts';

const muxHello = 1;
const version = 4;
const aliveCheck = 0x1000_0004;
const terminate = 0x1000_0005;
const openForward = 0x1000_0006;
const closeForward = 0x1000_0007;
const proxy = 0x1000_000f;
const ok = 0x8000_0001;
const failure = 0x8000_0003;
const alive = 0x8000_0005;
const proxyStarted = 0x8000_000f;
const remoteForward = 2;
/** The port that marks a "host" as the path of a unix socket. */
const socketPort = 0xffff_fffe;

const answerTimeoutMs = 10_000;

export interface SocketForward {
  /** A path on the server. */
  listenPath: string;
  /** A path on this machine. */
  connectPath: string;
}

export class MasterClient implements AsyncDisposable {
  readonly #frames: FrameSocket;
  readonly closed: Promise<void>;
  #requestId = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(frames: FrameSocket) {
    this.#frames = frames;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    frames.socket.once('close', () => resolve());
  }

  /** The master's process id. */
  async pid(): Promise<number> {
    const { type, reader } = await this.#ask(aliveCheck);
    if (type !== alive) throw unexpected('alive check', type);
    return reader.u32();
  }

  /** Asks the master to end; `closed` resolves when it has ended. */
  terminate(): void {
    this.#frames.write(u32(terminate), u32((this.#requestId += 1)));
  }

  /** Resolves with undefined when the master listens, else with the reason in ssh's words. */
  async listen(forward: SocketForward): Promise<string | undefined> {
    const { type, reader } = await this.#ask(openForward, forwardBytes(forward));
    return type === ok ? undefined : failureText(type, reader);
  }

  async stopListening(forward: SocketForward): Promise<void> {
    await this.#ask(closeForward, forwardBytes(forward));
  }

  /** Turns the connection into SSH channel messages; the client answers no other question afterwards. */
  async proxy(): Promise<FrameSocket> {
    const { type, reader } = await this.#ask(proxy);
    if (type !== proxyStarted) {
      throw sshError('protocol', `cannot use the ssh master: ${failureText(type, reader)}`, {
        hint: 'OpenSSH 7.6 or newer is needed on this machine.',
      });
    }
    return this.#frames;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#frames.socket.destroy();
    await this.closed;
  }

  /** Asks one question at a time: a master answers in order. */
  #ask(type: number, ...parts: Buffer[]): Promise<{ type: number; reader: WireReader }> {
    const ask = async () => {
      const { promise, resolve, reject } = Promise.withResolvers<{ type: number; reader: WireReader }>();
      const onClose = () => reject(sshError('connection_lost', 'the ssh master is gone', { retryable: true }));
      this.#frames.socket.once('close', onClose);
      this.#frames.onFrame = (frame) => {
        const reader = new WireReader(frame);
        const answer = reader.u32();
        // Skips the id of the question.
        reader.u32();
        resolve({ type: answer, reader });
      };
      if (this.#frames.socket.destroyed) onClose();
      this.#frames.write(u32(type), u32((this.#requestId += 1)), ...parts);
      try {
        return await withTimeLimit(promise, answerTimeoutMs, () =>
          sshError('timeout', 'the ssh master does not answer', { retryable: true }),
        );
      } finally {
        this.#frames.socket.off('close', onClose);
      }
    };
    // The failure of an earlier question is its caller's.
    const asking = this.#turn.then(ask, ask);
    markHandled(asking);
    this.#turn = asking;
    return asking;
  }
}

export async function openMasterClient(path: string, signal?: AbortSignal): Promise<MasterClient> {
  const frames = await openFrameSocket(path, signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  frames.onFrame = (frame) => {
    const reader = new WireReader(frame);
    if (reader.u32() === muxHello && reader.u32() === version) resolve();
    else reject(sshError('protocol', 'cannot use the ssh master because it speaks another protocol'));
  };
  frames.socket.once('close', () => reject(sshError('connection_lost', 'the ssh master hung up', { retryable: true })));
  frames.write(u32(muxHello), u32(version));
  try {
    const hello = withTimeLimit(promise, answerTimeoutMs, () =>
      sshError('timeout', 'the ssh master does not answer', { retryable: true }),
    );
    await untilAborted(hello, signal);
  } catch (error) {
    frames.socket.destroy();
    throw error;
  }
  return new MasterClient(frames);
}

function forwardBytes({ listenPath, connectPath }: SocketForward): Buffer {
  return Buffer.concat([u32(remoteForward), string(listenPath), u32(socketPort), string(connectPath), u32(socketPort)]);
}

function failureText(type: number, reader: WireReader): string {
  return type === failure || type === 0x8000_0002 ? reader.text() : `it answered ${type.toString(16)}`;
}

function unexpected(question: string, type: number) {
  return sshError('protocol', `the ssh master answered the ${question} with ${type.toString(16)}`);
}
