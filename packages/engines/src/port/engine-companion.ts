// The part of the port for engines about companions: processes on every node of a job that must be there before the engine starts, as
// Ray. The engine itself then runs on rank 0 alone.

import type { Secret } from '@fairlead/kit';
import type { EnginePlace, EnginePlan, EngineWanted } from './engine-kind.ts';

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
  /** Runs the Python of the companion's environment. */
  python: readonly string[];
}

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
