// One line of docs/errors.md.

export interface ErrorEntry {
  /** What has happened, where the message alone may not say it. */
  cause: string;
  /** What to do next. */
  cure: string;
}

/** Every code of a union has an entry: the types see to it. */
export type ErrorBook<Code extends string> = Readonly<Record<Code, ErrorEntry>>;
