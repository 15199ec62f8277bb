// What a caller asks for with a deployment.

export interface DeployRequest {
  /** A preset's name, a Hugging Face id, or a path. */
  what: string;
  name?: string | undefined;
  engine?: string | undefined;
  gpus?: number | undefined;
  nodes?: number | undefined;
  time?: string | undefined;
  /** Tokens of the longest request with its answer. Default: as `fairlead plan`. */
  context?: number | undefined;
  /** Requests of that length at a time. Default: as `fairlead plan`. */
  concurrency?: number | undefined;
  kvCache?: 'auto' | 'fp8' | undefined;
  /** Whether the planner is asked for what is not said. Default: what the preset says, else true. */
  plan?: boolean | undefined;
}
