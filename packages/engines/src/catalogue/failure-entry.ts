// What the catalogue knows of one failure. Data; diagnose/ applies it, and docs/troubleshooting.md is made of it.

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
 * - `cause`: says why. The first one in the log is the verdict.
 * - `consequence`: may also follow from something else. It is the verdict where no cause was found and no unknown exception precedes it.
 * - `wrapper`: says that something failed, and not what. It is the verdict where nothing else was found.
 */
export type FailureRank = 'cause' | 'consequence' | 'wrapper';

export interface FailureEntry {
  /** Stable: `--json` shows it, a recorded log is named after it. */
  id: string;
  topic: FailureTopic;
  /** What happened, as a short clause without a full stop. `{name}` stands for a named group of the pattern. */
  what: string;
  /** Each is tried on what a line says (`Statement.text`), without prefixes; `SomeError: ` precedes the text of an exception. */
  patterns: readonly RegExp[];
  /** Voices that may say it. Default: exception, error, outer, exit. */
  voices?: readonly Voice[];
  /** Default `cause`. */
  rank?: FailureRank;
  /** Versions of vLLM for which the cure holds: `from` included, `before` not. */
  versions?: { from?: string; before?: string };
  /** Why it happens: one or two sentences. */
  why: string;
  /**
   * What to change: a command to paste or a line of the configuration where there is one. `{name}` as in `what`; besides them
   * `{engine}` (the engine's name in the configuration), `{gpus}` and `{interfaces}` (what the node is known to have, or nothing).
   */
  cure: string;
  /** Whether the same start on the same node may go better the next time. */
  retry: boolean;
  /** Whether another node may help. */
  otherNode: boolean;
  /** URLs, files of the engine's source, or recordings. */
  sources: readonly string[];
}

/** What a cure may have to name. */
export interface EngineSurroundings {
  /** The engine's name, as in `engines.<name>`. */
  engine: string;
  /** The job's CUDA_VISIBLE_DEVICES. */
  gpus: string;
  /** The node's network interfaces but the loopback. */
  interfaces: readonly string[];
}
