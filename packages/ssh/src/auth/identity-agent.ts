// Presents a list of identities to ssh2 as one agent. ssh2 offers them in order and asks one for a signature only after the
// server has accepted it.

import { type CodedError, errorText, isCodedError } from '@fairlead/kit';
import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import type { KeyIdentity } from './key-file.ts';

export class IdentityAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identities: readonly KeyIdentity[];
  readonly #failures: CodedError<SshErrorCode>[];
  readonly #onSigned: (() => void) | undefined;

  /** Adds to `failures` each key that the server accepted and that cannot sign. Calls `onSigned` when ssh2 has sent a signature. */
  constructor(identities: readonly KeyIdentity[], failures: CodedError<SshErrorCode>[], onSigned?: () => void) {
    super();
    this.#identities = identities;
    this.#failures = failures;
    this.#onSigned = onSigned;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    const keys = this.#identities.map((identity) => ssh2.utils.parseKey(identity.publicKey));
    callback(
      null,
      keys.filter((key): key is ParsedKey => !(key instanceof Error)),
    );
  }

  override sign(key: ParsedKey, data: Buffer, callback: SignCallback): void;
  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions, callback?: SignCallback): void;
  override sign(
    key: ParsedKey,
    data: Buffer,
    second: SigningRequestOptions | SignCallback,
    third?: SignCallback,
  ): void {
    const callback = typeof second === 'function' ? second : third;
    const hash = typeof second === 'function' ? undefined : second.hash;
    this.#sign(key, data, hash).then(
      (signature) => {
        callback?.(null, signature);
        this.#onSigned?.();
      },
      (error: unknown) => callback?.(error instanceof Error ? error : new Error(errorText(error))),
    );
  }

  async #sign(key: ParsedKey, data: Buffer, hash: string | undefined): Promise<Buffer> {
    const identity = this.#identities.find((candidate) => candidate.publicKey.equals(key.getPublicSSH()));
    if (!identity) throw new Error('asked to sign with a key that was not offered');
    try {
      return await identity.sign(data, hash);
    } catch (error) {
      this.#failures.push(
        isCodedError<SshErrorCode>(error)
          ? error
          : sshError('key_unreadable', `cannot sign with ${identity.name}: ${errorText(error)}`, { cause: error }),
      );
      throw error;
    }
  }
}
