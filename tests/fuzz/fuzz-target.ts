// What is fuzzed: something that takes bytes, with samples of what it is meant to take.

export interface FuzzTarget {
  name: string;
  /** What it is meant to take; inputs are these, damaged. */
  samples: readonly Buffer[];
  /** Opens what is needed once for a whole run. */
  open(): Promise<OpenTarget>;
}

export interface OpenTarget extends AsyncDisposable {
  /** Feeds one input. Rejects, or throws, when what took it misbehaved: never on a refusal. */
  feed(input: Buffer): Promise<void> | void;
  /** After all of them: rejects when it does not serve any more. */
  prove(): Promise<void> | void;
}

/** A function that takes text; any text is an answer or a coded error. */
export interface Reader {
  name: string;
  samples: readonly string[];
  read: (text: string) => unknown;
}
