// One line of docs/errors.md.

export interface ErrorEntry {
  /** What has happened, as an addition to the message. */
  cause: string;
  /** What to do next. */
  cure: string;
}

/** An entry for every code of a union; the types check that none is missing. */
export type ErrorBook<Code extends string> = Readonly<Record<Code, ErrorEntry>>;
