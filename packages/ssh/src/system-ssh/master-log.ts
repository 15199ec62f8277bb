// The log of one ssh master: a file that has no name any more once it is logged in, so that nothing of it can stay.

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

  /** What a person should read and has not been given yet. */
  async news(): Promise<string[]> {
    const all = await this.read();
    const end = all.lastIndexOf('\n') + 1;
    const lines = all.slice(this.#shownBytes, end).split('\n');
    this.#shownBytes = Math.max(end, this.#shownBytes);
    return lines.filter((line) => line !== '' && !/^debug\d: /.test(line));
  }

  /** To be told of each channel: the log of a long life must not fill the disk. ssh appends, so its place is kept. */
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
