// A value that must not be printed. Every way of turning it into text gives `***`; only `reveal()` gives it away.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Constant-time comparison with what a client presented; lengths are hidden by hashing both. */
  matches(presented: string): boolean {
    return timingSafeEqual(sha256(this.#value), sha256(presented));
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

/** A new random secret: `prefix` and 32 bytes of base64url. */
export function createSecret(prefix: string): Secret {
  return new Secret(prefix + randomBytes(32).toString('base64url'));
}

/** Whether a variable of this name is taken to hold a secret, as its name says. */
export function namesSecret(variable: string): boolean {
  return /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)$/i.test(variable);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
