// Looks for all known secrets at once, and says which kinds it found: never the secret.

import { type KnownSecret, secretForms } from './secret-forms.ts';

export class SecretFinder {
  readonly #forms: ReadonlyArray<{ kind: string; form: Buffer }>;

  constructor(secrets: readonly KnownSecret[]) {
    this.#forms = secrets.flatMap(({ kind, value }) => secretForms(value).map((form) => ({ kind, form })));
  }

  get kinds(): string[] {
    return [...new Set(this.#forms.map(({ kind }) => kind))];
  }

  /** One form a line, for `grep -F -f`. */
  patterns(): Buffer {
    return Buffer.concat(this.#forms.flatMap(({ form }) => [form, Buffer.from('\n')]));
  }

  kindsIn(content: string | Buffer): string[] {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    return [...new Set(this.#forms.filter(({ form }) => bytes.includes(form)).map(({ kind }) => kind))];
  }
}
