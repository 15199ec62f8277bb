// The port for containers: how an engine's command is run inside an image. Each kind has a file; container-kinds.ts lists them. Pure.

import type { ContainerSettings } from './container-settings.ts';

export interface Bind {
  /** A path on the node. */
  source: string;
  /** The path in the image; mostly the same. */
  target: string;
}

export interface ContainerInput {
  settings: ContainerSettings;
  /** Whose driver the container gets. */
  gpu: 'nvidia' | 'amd' | 'none';
  /** The engine's own command. Holds no secret. */
  argv: readonly string[];
  /** The variables that the engine gets, among them secrets. */
  env: Readonly<Record<string, string>>;
  /** The job's environment, for the program that runs the container. */
  jobEnv: Readonly<Record<string, string>>;
  binds: readonly Bind[];
  /** The engine's working directory; it is bound. */
  directory: string;
}

export interface Contained {
  /** Holds no secret: every user of the node can read it. */
  argv: [string, ...string[]];
  /** The whole environment of the program that runs the container. Secrets reach the engine by it alone. */
  env: Record<string, string>;
}

export interface ContainerKind {
  /** For people: `Apptainer`. */
  readonly title: string;
  /** The program, if the settings name none. */
  readonly program: string;
  contain: (input: ContainerInput) => Contained;
}

export function formatBind({ source, target }: Bind): string {
  return source === target ? source : `${source}:${target}`;
}
