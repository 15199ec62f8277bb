// Where a caller's configuration is looked for.

export interface ConfigPlace {
  env: Record<string, string | undefined>;
  home: string;
  /** The search for a project's file begins here. */
  cwd: string;
  /** The one file that stands for the user's and the project's. */
  file?: string | undefined;
  /** Called for each file or setting that does not count, at every load. */
  warn: (text: string) => void;
}
