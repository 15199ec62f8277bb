// The data types of the SSH protocol (RFC 4251 section 5) that a master's control socket uses. Pure.

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([u32(bytes.length), bytes]);
}

/** Reads one message from front to end. Throws a RangeError if the message is shorter than its lengths say. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** A view of the message, not a copy. */
  bytes(): Buffer {
    const sizeBytes = this.u32();
    const start = this.#advance(sizeBytes);
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  #advance(sizeBytes: number): number {
    const start = this.#at;
    if (start + sizeBytes > this.#bytes.length) throw new RangeError('a message ends too early');
    this.#at = start + sizeBytes;
    return start;
  }
}
