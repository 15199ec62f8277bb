// The port: all that differs between engines. One folder for each engine; engine-kinds.ts lists them.
// An engine kind is data and pure functions: it starts nothing and asks nothing.

import type { Secret } from '@fairlead/kit';
import type { ApiRoute } from '@fairlead/openai-wire';
import type { StartPhase } from '@fairlead/protocol';
import type { ZodObject } from 'zod';
import type { FailureWords } from '../judge/failure-words.ts';
import type { MetricNames } from './parse-metrics.ts';

/** What a configuration says of an engine; `args` and `env` hold a preset's too. */
export interface EngineSettings {
  /** Program and first arguments, in place of the engine's own. */
  command?: readonly string[] | undefined;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** As `EngineKind.options` reads them. */
  options: Readonly<Record<string, unknown>>;
}

/** What a deployment wants of its engine. The spec carries it; the agent makes a command of it. */
export interface EngineWanted extends EngineSettings {
  model: string;
  servedModel: string;
  /** Per node. */
  gpus: number;
  nodes: number;
}

/** What the node gives an engine. Words, so that a dry run can show names in place of them. */
export interface EnginePlace {
  /** The agent's own Node. */
  nodePath: string;
  /** The simulator's program: one file, or Node's options and a file in source runs. */
  engineSim: readonly string[];
  /** The node-local 0700 directory. */
  directory: string;
  /** Path of the unix socket to listen at; of meaning where `listens` says `socket`. */
  socket: string;
  /** Port of 127.0.0.1 to listen at; of meaning where `listens` says `port`. */
  port: string;
  engineKey: Secret;
}

export interface EnginePlan {
  /** Holds no secret: every user of the node can read it. */
  argv: readonly string[];
  /** Added to the job's own environment. Holds `EngineSettings.env`. */
  env: Readonly<Record<string, string>>;
  /** Added to `argv`; left out at the next start when the engine said that it does not know the first of them. */
  optional?: OptionalArguments | undefined;
}

export interface OptionalArguments {
  /** A flag and its values. */
  words: readonly string[];
  /** What is so without them, said of the engine: `a request may …`. */
  without: string;
  hint: string;
}

export interface EngineCheck {
  /** Why nothing can be started. `path` is below `engines.<name>`. */
  problems: readonly { path: string; message: string }[];
  /** What a user has to know before it is started: one sentence each. */
  risks: readonly string[];
}

export interface PhaseSeen {
  phase: StartPhase;
  percent?: number;
}

export interface EngineProbe {
  /** GET answers 200 here once the engine is up. */
  healthPath: string;
}

export interface EngineVersion {
  /** Name of its Python distribution, whose metadata tells the version without starting the engine. */
  distribution: string;
  /** The command that prints the version, made of the one that serves; for a program that is no Python script. */
  command: (serve: readonly string[]) => string[];
}

/** Where an engine keeps what it may fetch again. */
export interface EngineCache {
  /** What lies there: `a model`. */
  what: string;
  /** The variable that moves it. */
  variable: string;
  /** A shell word that is empty where the variable is not set. */
  chosen: string;
  /** A shell word for the place where nothing is chosen. */
  fallback: string;
  /** Room that one of them takes. */
  sizeKb: number;
}

export interface EngineKind {
  /** As in `--engine`, `engines.<name>` and the spec. */
  readonly name: string;
  /** For people: `vLLM`. */
  readonly title: string;
  /** One sentence for documentation: what it is, what it is for. */
  readonly description: string;
  /** What `engines.<name>` takes besides the settings of every engine. */
  readonly options: ZodObject;
  /** For documentation and the JSON Schema. Together they make sense. */
  readonly examples: { command: string[]; args: string[]; env: Record<string, string> };
  /** Where neither request nor preset names a number. */
  readonly defaultGpus: number;
  /**
   * How the engine is started where `command` is absent. `installed`: the site's environments and modules are searched for the
   * first word of its command. `bundled`: it travels with the agent. `configured`: there is no default.
   */
  readonly program: { kind: 'installed'; command: readonly string[] } | { kind: 'bundled' } | { kind: 'configured' };
  /** What tells its version. Absent: nothing does. */
  readonly version?: EngineVersion;
  /** Flags that are followed by a secret, which no argument may hold. */
  readonly secretFlags: readonly string[];
  /** Variables of the job that an engine in a container needs, besides those of every engine. */
  readonly variables?: RegExp;
  readonly caches: readonly EngineCache[];
  readonly failures: FailureWords;
  /** Absent: its load is not known, and only completions show that it lives. */
  readonly metrics?: { path: string; names: MetricNames };
  /** What a consumer may ask it for. */
  readonly routes: readonly ApiRoute[];
  /** Finds what contradicts itself, with the path of the setting. `model`: what is to be deployed, where that is known. */
  check: (settings: EngineSettings, model?: Pick<EngineWanted, 'model' | 'servedModel'>) => EngineCheck;
  listens: (wanted: EngineWanted) => 'socket' | 'port';
  /** Call it for settings that `check` has no problem with. Throws `engine_options_invalid` where `options` are not its own. */
  plan: (wanted: EngineWanted, place: EnginePlace) => EnginePlan;
  probe: (wanted: EngineWanted) => EngineProbe;
  /** What keeps other users of the node out: a `socket` in a directory of ours, a `key` that the server was given and has to check, or nothing. */
  guard: (settings: EngineSettings) => 'socket' | 'key' | 'none';
  /** The phase of its start that a log line shows, for the progress display alone. */
  parsePhase: (line: string) => PhaseSeen | undefined;
}
