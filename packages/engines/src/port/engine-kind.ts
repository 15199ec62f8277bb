// The port for engines: everything that differs between them. Each engine has a folder; engine-kinds.ts lists them.
// An engine kind is data and pure functions: it starts no process and sends no request.

import type { Secret } from '@fairlead/kit';
import type { ApiRoute } from '@fairlead/openai-wire';
import type { StartPhase } from '@fairlead/protocol';
import type { ZodObject } from 'zod';
import type { ContainerSettings } from '../container/container-settings.ts';
import type { MetricNames } from './parse-metrics.ts';

/** The settings of an engine in a configuration; `args` and `env` include those of a preset. */
export interface EngineSettings {
  /** Program and first arguments, in place of the engine's own. */
  command?: readonly string[] | undefined;
  /** The container in which the engine runs; `command` is a program in its image then. */
  container?: ContainerSettings | undefined;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** The engine's own options, in the form of `EngineKind.options`. */
  options: Readonly<Record<string, unknown>>;
}

/** The settings that a preset has for an engine. */
export type PresetSettings = Pick<EngineSettings, 'args' | 'options'>;

/** The engine that a deployment asks for. The spec carries it; the agent makes a command of it. */
export interface EngineWanted extends EngineSettings {
  model: string;
  servedModel: string;
  /** Per node. */
  gpus: number;
  nodes: number;
}

/** A node's GPUs. Where they differ, the facts are those of the weakest. */
export interface EngineGpu {
  /** As its driver names it: `Tesla T4`. */
  name: string;
  /** CUDA's compute capability, such as 7.5. Absent for a GPU that has none, and where it could not be read. */
  computeCapability?: number;
}

/** What a node gives a companion, in words as in `EnginePlace`. */
export interface CompanionPlace {
  /** A 0700 directory of this node. It has the same path on every node of the job. */
  directory: string;
  /** Free ports of this node, one after the other: as many as `EngineCompanion.portCount`. */
  ports: readonly string[];
  /** The same on every node of the job: 64 hexadecimal digits. */
  secret: Secret;
  /** What the job may use of this node's memory. Absent: not known. */
  memoryBytes?: string;
  /** What /dev/shm of this node has free. Absent: not known. */
  sharedMemoryBytes?: string;
  /** Runs the Python of the companion's environment. */
  python: readonly string[];
}

/** What one process of an engine over several nodes has to know of the others, in words as in `EnginePlace`. */
export interface EngineNode {
  /** 0 leads: it alone answers requests. */
  rank: number;
  /** Where this node is reached by the others. */
  address: string;
  /** The network interface of that address. Absent: not known. */
  networkInterface?: string;
  /** Where the processes meet: an address and a free port of rank 0. */
  meeting: { address: string; port: string };
  /** For an engine that has a companion. */
  companion?: CompanionPlace;
}

/** The values that the node gives an engine. They are words, so that a dry run can show names in their place. */
export interface EnginePlace {
  /** The agent's own Node. */
  nodePath: string;
  /** The simulator's program: one file, or Node's options and a file in source runs. */
  engineSim: readonly string[];
  /** The node-local 0700 directory. */
  directory: string;
  /** Path of the unix socket to listen on, if `listens` returns `socket`. */
  socket: string;
  /** Port of 127.0.0.1 to listen on, if `listens` returns `port`. */
  port: string;
  engineKey: Secret;
  /** Absent: the engine runs on one node. */
  node?: EngineNode;
  /** Absent: the node has no GPU, or nothing is known of it. */
  gpu?: EngineGpu;
}

export interface EnginePlan {
  /** Holds no secret: every user of the node can read it. */
  argv: readonly string[];
  /** Added to the job's own environment. Holds `EngineSettings.env`. */
  env: Readonly<Record<string, string>>;
  /** Added where the job's environment has no such variable. */
  fallbacks?: Readonly<Record<string, string>>;
  /** What the plan did with the settings that a user may not expect: one sentence each. */
  notes?: readonly string[];
  /** Added to `argv`; left out at the next start if the engine reports that it does not know the first of them. */
  optional?: OptionalArguments | undefined;
  /** Made before the start, for this user alone. */
  files?: readonly EngineFile[];
}

export interface EngineFile {
  path: string;
  text: Secret;
}

export interface OptionalArguments {
  /** A flag and its values. */
  words: readonly string[];
  /** The consequence of leaving them out, as a clause about the engine: `a request may …`. */
  without: string;
  hint: string;
}

/** Processes on every node of a job that must be there before the engine starts, which then runs on rank 0 alone. */
export interface EngineCompanion {
  /** The name of its program. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Program and first arguments. */
  readonly command: readonly string[];
  readonly portCount: number;
  /** The longest path that `CompanionPlace.directory` may have. */
  readonly maxDirectoryBytes: number;
  /** A process that runs as long as the companion is wanted, on each rank. SIGTERM to it alone ends the companion on this node. */
  plan: (wanted: EngineWanted, place: EnginePlace) => EnginePlan;
  /** A program for rank 0. It ends with code 0 when the companions of all nodes are there with what the engine needs, else with another code. */
  planCheck: (wanted: EngineWanted, place: EnginePlace) => EnginePlan;
  /** A web page of it on 127.0.0.1 of rank 0 and the key that it wants as a bearer token. Undefined: the settings ask for none. */
  dashboard: (place: EnginePlace) => { port: string; key: Secret } | undefined;
}

export interface EngineCheck {
  /** The reasons why the engine cannot be started. `path` is below `engines.<name>`. */
  problems: readonly { path: string; message: string }[];
  /** What a user has to know before the start, one sentence each. */
  risks: readonly string[];
}

export interface PhaseSeen {
  phase: StartPhase;
  percent?: number;
  /** How far it is: `shard 3/4`. */
  detail?: string;
}

/** Where an engine downloads the weights of one model to, in the layout of huggingface_hub. */
export interface WeightsPlace {
  blobs: string;
  snapshots: string;
}

export interface EngineProbe {
  /** The path at which GET answers 200 when the engine is up. */
  healthPath: string;
}

export interface EngineVersion {
  /** The engine's Python distribution, whose metadata has the version, so that the engine need not start. */
  distribution: string;
  /** Turns the command that serves into the one that prints the version, for a program that is no Python script. */
  command: (serve: readonly string[]) => string[];
}

/** A directory in which an engine keeps what it can download again. */
export interface EngineCache {
  /** What one entry is: `a model`. */
  what: string;
  /** The variable that sets the directory. */
  variable: string;
  /** A shell word for the directory that the variables set; empty if they set none. */
  chosen: string;
  /** A shell word for the default directory. */
  fallback: string;
  /** The size of one entry. */
  sizeKb: number;
}

export interface EngineKind {
  /** As in `--engine`, `engines.<name>` and the spec. */
  readonly name: string;
  /** For people: `vLLM`. */
  readonly title: string;
  /** One sentence for the documentation: what it is and what it is for. */
  readonly description: string;
  /** The schema of the settings of `engines.<name>` that only this engine has. */
  readonly options: ZodObject;
  /** For the documentation and the JSON Schema. The three fit together. */
  readonly examples: { command: string[]; args: string[]; env: Record<string, string> };
  /** The number of GPUs if neither request nor preset names one. */
  readonly defaultGpus: number;
  /**
   * How the engine starts if `command` is absent. `installed`: by this command, which `init` looks for in the site's environments and
   * modules. `bundled`: by the program that comes with the agent. `configured`: not at all, there is no default.
   */
  readonly program: { kind: 'installed'; command: readonly string[] } | { kind: 'bundled' } | { kind: 'configured' };
  /** How to find the engine's version. Absent: it cannot be found. */
  readonly version?: EngineVersion;
  /** Flags whose value is a secret. No argument may hold a secret. */
  readonly secretFlags: readonly string[];
  /** More variables of the job that this engine needs in a container, besides those of every engine. */
  readonly variables?: RegExp;
  readonly caches: readonly EngineCache[];
  /** Where the weights of `model` go in an environment. Undefined for a model that is not downloaded. */
  readonly weights?: (model: string, env: Readonly<Record<string, string | undefined>>) => WeightsPlace | undefined;
  /** Absent: the agent does not know the load, and only completions show that the engine works. */
  readonly metrics?: { path: string; names: MetricNames };
  /** The routes that clients may use. */
  readonly routes: readonly ApiRoute[];
  /** Finds contradictions, with the path of the setting. `model`: the model to deploy, if it is known. Throws `engine_options_invalid`. */
  check: (settings: EngineSettings, model?: Pick<EngineWanted, 'model' | 'servedModel'>) => EngineCheck;
  /** The part of each GPU's memory that the engine takes at its start. Absent: not known. */
  gpuShare?: (wanted: EngineWanted) => number;
  /** The arguments that its options become, for those who read them as such. Absent: its options are no arguments. */
  argumentsOf?: (options: EngineSettings['options']) => string[];
  /**
   * What stays of a preset's arguments and options beside those of the configuration, which are stronger. Absent: all of them, because
   * the engine takes the last of several values.
   */
  combine?: (preset: PresetSettings, own: EngineSettings) => PresetSettings;
  /** Why these settings cannot be run over several nodes, as `check` has it. Absent: the engine runs on one node only. */
  checkNodes?: (settings: EngineSettings, nodes: number) => EngineCheck['problems'];
  /** What must run on every node before the engine, which then runs on rank 0 alone. Undefined or absent: nothing. */
  companionOf?: (wanted: EngineWanted) => EngineCompanion | undefined;
  listens: (wanted: EngineWanted) => 'socket' | 'port';
  /** Only for settings in which `check` finds no problem. Throws `engine_options_invalid` if `options` do not fit the schema. */
  plan: (wanted: EngineWanted, place: EnginePlace) => EnginePlan;
  probe: (wanted: EngineWanted) => EngineProbe;
  /** What keeps other users of the node out: a `socket` in the agent's own directory, a `key` that the server checks, or nothing. */
  guard: (settings: EngineSettings) => 'socket' | 'key' | 'none';
  /** The phase of the start that a log line shows, for the progress display only. */
  parsePhase: (line: string) => PhaseSeen | undefined;
  /** Whether a log line says that the engine is about to end by itself. Absent: it says nothing of the kind. */
  tellsEnd?: (line: string) => boolean;
}
