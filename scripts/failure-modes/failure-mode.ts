// One line of docs/failure-modes.md or docs/field-reports.md: a failure, and the tests that show what the user then sees.

export interface FailureMode {
  what: string;
  /** What the user sees, in a few words. */
  seen: string;
  tests: readonly TestPlace[];
}

/** A fault that a review found. */
export interface FoundFault extends FailureMode {
  /** The finding's number, and the name of the script that showed it, if there was one: `4 slow-log-reader`. */
  finding: string;
}

/** A problem that users of similar tools have reported, and what Fairlead does with the same input. */
export interface FieldReport extends FailureMode {
  /** `P01`; the page is sorted by these ids. */
  id: string;
  /** Public threads, as `owner/repository#number` or a URL. */
  threads: readonly string[];
}

export interface TestPlace {
  file: string;
  /** The test's title as written in the file; for a table of cases, the text of the case. */
  title: string;
}

/** The places of tests, from pairs of file and title. */
export function places(...tests: ReadonlyArray<readonly [file: string, title: string]>): TestPlace[] {
  return tests.map(([file, title]) => ({ file, title }));
}

export interface FailureChapter {
  title: string;
  modes: readonly FailureMode[];
}

export function mode(what: string, seen: string, ...tests: Array<[file: string, title: string]>): FailureMode {
  return { what, seen, tests: places(...tests) };
}

/** The path of a scenario of the testbed. */
export function scenario(name: string): string {
  return `infra/testbed/src/scenarios/${name}.scenario.ts`;
}
