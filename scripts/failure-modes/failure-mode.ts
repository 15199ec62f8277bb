// One line of docs/failure-modes.md: what may go wrong, and the tests that show what the user sees then.

export interface FailureMode {
  what: string;
  /** What the user sees, in a few words. */
  seen: string;
  tests: readonly TestPlace[];
}

export interface TestPlace {
  file: string;
  /** The test's title as it stands in the file; of a table of cases, the case's own text. */
  title: string;
}
