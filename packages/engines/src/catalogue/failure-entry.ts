// The catalogue's entry for one failure, as data. diagnose/ applies it; docs/troubleshooting.md is generated from it.

import type { Voice } from '../diagnose/read-statement.ts';

export const failureTopics = {
  arguments: 'Arguments and versions',
  model: 'The model and its files',
  'gpu-memory': 'GPU memory and the KV cache',
  parallel: 'Several GPUs, several nodes',
  gpu: 'GPUs and drivers',
  software: 'The software environment',
  container: 'Containers',
  files: 'Disks, quotas, file systems',
  limits: 'Memory and limits of the job',
  network: 'Ports, sockets, the network',
  process: 'Processes that died or hang',
  slurm: 'Slurm',
} as const;

export type FailureTopic = keyof typeof failureTopics;

/**
 * - `cause`: gives the reason. The first cause in the log is the verdict.
 * - `consequence`: may have another cause. It is the verdict if there is no cause and no earlier unknown exception.
 * - `wrapper`: says only that something failed. It is the verdict if nothing else was found.
 */
export type FailureRank = 'cause' | 'consequence' | 'wrapper';

export interface FailureEntry {
  /** Stable, because `--json` shows it and a recorded log has it as name. */
  id: string;
  topic: FailureTopic;
  /** The event, as a short clause without a full stop. `{name}` stands for a named group of the pattern. */
  what: string;
  /** Each pattern is tried on the statement of a line (`Statement.text`), which has no prefixes; `SomeError: ` precedes the text of an exception. */
  patterns: readonly RegExp[];
  /** The voices whose statements can match. Default: exception, error, outer, exit. */
  voices?: readonly Voice[];
  /** Default `cause`. */
  rank?: FailureRank;
  /** It may be the consequence of what failed in another process or on another node: the cause in a log of that one is the verdict. */
  elsewhere?: true;
  /** The versions of vLLM to which the entry applies: `from` included, `before` not. */
  versions?: { from?: string; before?: string };
  /** The reason, in one or two sentences. */
  why: string;
  /**
   * The cure: if possible a command to paste or a line of the configuration. `{name}` as in `what`; also `{engine}` (the
   * engine's name in the configuration), `{gpus}` and `{interfaces}` (those of the node, or of all nodes of the job, or empty if they are unknown).
   */
  cure: string;
  /** Whether the same start on the same node may succeed the next time. */
  retry: boolean;
  /** Whether another node may help. */
  otherNode: boolean;
  /** URLs, files in the engine's source, or recordings. */
  sources: readonly string[];
}

/** The facts that a cure may name. */
export interface EngineSurroundings {
  /** The engine's name, as in `engines.<name>`. */
  engine: string;
  /** The job's CUDA_VISIBLE_DEVICES. */
  gpus: string;
  /** The node's network interfaces without the loopback. */
  interfaces: readonly string[];
  /** Of a job over several nodes: the interfaces of each, with their addresses, as far as they are known. */
  nodes?: readonly { host: string; interfaces: readonly string[] }[] | undefined;
}
