// A deployment as a program sees it: control's view, flattened to what a consumer asks for.

import {
  type DeploymentView,
  type EndpointView,
  type InstanceRole,
  type InstanceState,
  type InstanceView,
  isServing,
  leadInstance,
  type NodeState,
} from '@fairlead/protocol';

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
  /** Its name: `vllm`, `sim` (the simulator) or `command` (a server of the user's). */
  engine: string;
  cluster: string;
  /** What its owner wants of it. */
  wanted: 'running' | 'stopped';
  status: DeploymentStatus;
  /** Whether it takes requests now. */
  isServing: boolean;
  /** Slurm's reason while queued, the phase while starting, what is wrong while degraded, why it ends or has ended. */
  detail: string | undefined;
  /** 0 to 100 while the model is loaded, where the engine tells it. */
  percent: number | undefined;
  /** Its jobs, at least one: `status`, `detail` and `percent` above are those of the one that serves, else of the first that lives. */
  instances: readonly DeploymentInstance[];
  /** Milliseconds since the epoch. */
  createdMs: number;
}

/** One job that serves a deployment. */
export interface DeploymentInstance {
  id: string;
  /** The successor takes requests over before the current one ends. */
  role: InstanceRole;
  /** Which of those that serve beside each other; counts from 0. */
  replica: number;
  status: DeploymentStatus;
  /** Whether it takes requests now. */
  isServing: boolean;
  detail: string | undefined;
  percent: number | undefined;
  /** The scheduler's job. */
  jobId: string | undefined;
  /** The hosts of the job; empty until it runs. Rank 0 leads. */
  nodes: readonly DeploymentNode[];
  /** Grows each time its endpoint comes up again; undefined where there is none. */
  generation: number | undefined;
  /** When the job must end. Milliseconds since the epoch. */
  deadlineMs: number | undefined;
}

export interface DeploymentNode {
  rank: number;
  host: string;
  gpus: readonly string[];
  status: NodeState['status'];
}

/** Where a deployment answers now. */
export interface Endpoint {
  deployment: string;
  instanceId: string;
  generation: number;
  /** The name in the OpenAI API's `model` field. */
  servedModel: string;
  /** A secret. Not enumerable: printing the object does not print it. */
  apiKey: string;
  /** When the job must end. Milliseconds since the epoch. */
  deadlineMs?: number | undefined;
  /** Whether requests and answers are encrypted past the bastion, to the node. */
  isEndToEnd: boolean;
}

export function describeDeployment(view: DeploymentView): Deployment {
  const instances = view.instances.map(describeInstance);
  const lead = leadInstance(view);
  return {
    name: view.name,
    model: view.model,
    servedModel: view.servedModel,
    engine: view.engine,
    cluster: view.cluster,
    wanted: view.wanted,
    ...describeStatus(lead.state),
    isServing: instances.some((instance) => instance.isServing),
    instances,
    createdMs: view.createdMs,
  };
}

function describeInstance({
  id,
  role,
  replica,
  state,
  jobId,
  nodes,
  endpoints,
  deadlineMs,
}: InstanceView): DeploymentInstance {
  return {
    id,
    role,
    replica,
    ...describeStatus(state),
    isServing: isServing(state) && endpoints.length > 0,
    jobId,
    nodes: nodes.map((node) => ({ rank: node.rank, host: node.host, gpus: node.gpus, status: node.state.status })),
    generation: endpoints[0]?.generation,
    deadlineMs,
  };
}

export function describeEndpoint(view: EndpointView): Endpoint {
  const { deployment, instanceId, generation, servedModel, apiKey, deadlineMs, endToEnd } = view;
  const isEndToEnd = endToEnd !== undefined;
  const endpoint = { deployment, instanceId, generation, servedModel, apiKey: apiKey.reveal(), deadlineMs, isEndToEnd };
  return Object.defineProperty(endpoint, 'apiKey', { enumerable: false });
}

export function describeStatus(state: InstanceState): Pick<Deployment, 'status' | 'detail' | 'percent'> {
  return {
    status: state.status,
    detail: detailOf(state),
    percent: state.status === 'starting' ? state.percent : undefined,
  };
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
