// A deployment as a program sees it: control's view, flattened to what a consumer asks for.

import { type DeploymentView, type EndpointView, type InstanceState, isServing } from '@fairlead/protocol';

export type DeploymentStatus =
  | 'submitted'
  | 'queued'
  | 'starting'
  | 'ready'
  | 'degraded'
  | 'draining'
  | 'stopped'
  | 'failed';

export interface Deployment {
  name: string;
  /** What was asked for: a Hugging Face id or a path on the cluster. */
  model: string;
  /** The name in the OpenAI API's `model` field. */
  servedModel: string;
  /** `vllm`, or `sim` for the simulator. */
  engine: string;
  cluster: string;
  /** What its owner wants of it. */
  wanted: 'running' | 'stopped';
  status: DeploymentStatus;
  /** Whether a request would be taken now. */
  isServing: boolean;
  /** Slurm's reason while queued, the phase while starting, what is wrong while degraded, why it ends or has ended. */
  detail: string | undefined;
  /** 0 to 100 while the model is loaded, where the engine tells it. */
  percent: number | undefined;
  instanceId: string;
  /** The scheduler's job. */
  jobId: string | undefined;
  /** The node it runs on. */
  hostname: string | undefined;
  gpus: readonly string[];
  /** Counts up each time the path to it is made anew; undefined where there is none. */
  generation: number | undefined;
  /** When the job must end. Milliseconds since the epoch. */
  deadlineMs: number | undefined;
  /** Milliseconds since the epoch. */
  createdMs: number;
}

/** Where a deployment answers now. */
export interface Endpoint {
  deployment: string;
  instanceId: string;
  generation: number;
  /** The name in the OpenAI API's `model` field. */
  model: string;
  /** A secret. Not enumerable: printing the object does not print it. */
  apiKey: string;
  /** When the job must end. Milliseconds since the epoch. */
  deadlineMs?: number | undefined;
}

export function describeDeployment(view: DeploymentView): Deployment {
  const { instance } = view;
  return {
    name: view.name,
    model: view.model,
    servedModel: view.servedModel,
    engine: view.engine,
    cluster: view.cluster,
    wanted: view.wanted,
    status: instance.state.status,
    isServing: isServing(instance.state) && instance.endpoint !== undefined,
    detail: detailOf(instance.state),
    percent: instance.state.status === 'starting' ? instance.state.percent : undefined,
    instanceId: instance.id,
    jobId: instance.jobId,
    hostname: instance.hostname,
    gpus: instance.gpus,
    generation: instance.endpoint?.generation,
    deadlineMs: instance.deadlineMs,
    createdMs: view.createdMs,
  };
}

export function describeEndpoint(view: EndpointView): Endpoint {
  const { deployment, instanceId, generation, model, apiKey, deadlineMs } = view;
  const endpoint = { deployment, instanceId, generation, model, apiKey, deadlineMs };
  return Object.defineProperty(endpoint, 'apiKey', { enumerable: false });
}

function detailOf(state: InstanceState): string | undefined {
  switch (state.status) {
    case 'submitted':
    case 'ready':
      return undefined;
    case 'queued':
    case 'degraded':
      return state.reason;
    case 'starting':
      return state.phase;
    case 'draining':
    case 'stopped':
    case 'failed':
      return state.cause.message;
  }
}
