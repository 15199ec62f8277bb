// The log of one ssh master. After the login the file is unlinked, so that it cannot stay behind.

import { type FileHandle, open } from 'node:fs/promises';

/** ssh writes some 300 bytes for each channel. */
const channelsPerTrim = 1_000;

export class MasterLog implements AsyncDisposable {
  readonly #file: FileHandle;
  #shownBytes = 0;
  #channels = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(): Promise<string> {
    const { size } = await this.#file.stat();
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(size), 0, size, 0);
    return buffer.toString('utf8', 0, bytesRead).replaceAll('\r', '');
  }

  /** The new complete lines that a user should read: no debug messages. */
  async news(): Promise<string[]> {
    const all = await this.read();
    const end = all.lastIndexOf('\n') + 1;
    const lines = all.slice(this.#shownBytes, end).split('\n');
    this.#shownBytes = Math.max(end, this.#shownBytes);
    return lines.filter((line) => line !== '' && !/^debug\d: /.test(line));
  }

  /** Called for each channel. Truncates the log now and then, so that a long connection does not fill the disk; ssh opens it for appending. */
  async noteChannel(): Promise<void> {
    this.#channels += 1;
    if (this.#channels % channelsPerTrim === 0) await this.#file.truncate(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

export async function openMasterLog(path: string): Promise<MasterLog> {
  return new MasterLog(await open(path, 'wx+', 0o600));
}
