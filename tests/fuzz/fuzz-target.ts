// A target of the fuzzer: code that takes bytes, with samples of valid input.

export interface FuzzTarget {
  name: string;
  /** Valid input; the fuzzer damages these. */
  samples: readonly Buffer[];
  /** Opens the target once for a whole run. */
  open(): Promise<OpenTarget>;
}

export interface OpenTarget extends AsyncDisposable {
  /** Feeds one input. Rejects or throws when the target misbehaves, but not when it refuses the input. */
  feed(input: Buffer): Promise<void> | void;
  /** Called after all inputs: rejects when the target no longer serves. */
  prove(): Promise<void> | void;
}

/** A target for a function that takes text: it must return, or throw a coded error, for any text. */
export interface Reader {
  name: string;
  samples: readonly string[];
  read: (text: string) => unknown;
}
