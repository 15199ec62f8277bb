// What is known of an engine as it is installed on a node, and how to ask for it. The door `builds` of this package.

import type { EnginePlan, EngineWanted } from './engine-kind.ts';

export const engineBuildErrorCodes = ['engine_flag_missing'] as const;
export type EngineBuildErrorCode = (typeof engineBuildErrorCodes)[number];

export interface EngineBuild {
  /** As its package says it: `0.11.2`, `0.32.0+cpu`. */
  version: string;
  /** Every flag that it takes, in its long form, without `--no-…`. Absent: they are not known. */
  flags?: ReadonlySet<string>;
}

export interface EngineBuildKind {
  /** A Python script, run by the engine's own Python, that prints what `read` reads. It does not import the engine. */
  script: string;
  /** Undefined if the text is no answer of the script. */
  read: (printed: string) => EngineBuild | undefined;
  /** Whether a command is that of the engine itself, so that its flags are the engine's. */
  isOwn: (serve: readonly string[]) => boolean;
  /** Fits a plan to the build: replaces and leaves out what it lacks, adds what it has, and notes that. Throws `engine_flag_missing`. */
  fit: (plan: EnginePlan, wanted: EngineWanted, build: EngineBuild) => EnginePlan;
}
