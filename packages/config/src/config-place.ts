// The inputs of the search for a configuration.

export interface ConfigPlace {
  env: Record<string, string | undefined>;
  home: string;
  /** The directory in which the search for a project's file begins. */
  cwd: string;
  /** One file that replaces both the user's and the project's file. */
  file?: string | undefined;
  /** Called at every load, for each file or setting that does not count. */
  warn: (text: string) => void;
}
