// What a launch, the following of one, and a stop tell while they work. Data; the caller renders it.

import type { DeploymentView, InstanceView, StopMode } from '@fairlead/protocol';

import type { Spent } from './job/spent.ts';
import type { DeploymentPlan } from './plan/plan-deployment.ts';

/** What any work on a cluster may tell. */
export type WorkEvent =
  | { type: 'host.connecting'; host: string }
  | { type: 'job-key.making' }
  | { type: 'job-key.made'; cluster: string; marker: string }
  | { type: 'warning'; message: string };

export type FollowEvent =
  | WorkEvent
  /** The state of the instance, as often as it changes. */
  | { type: 'instance.changed'; instance: InstanceView }
  | { type: 'queue.back'; cluster: string }
  /** The job goes on, and the call ends with an error: an interrupt, a connection that is lost. */
  | { type: 'deployment.left'; name: string; jobId: string | undefined }
  /** Requests can be sent. The last event. */
  | { type: 'deployment.ready'; name: string; servedModel: string; instance: InstanceView };

/** How far a launch has come, as far as an interrupt is concerned. */
export type LaunchPhase = 'checking' | 'recorded' | 'submitting' | 'submitted';

export type LaunchEvent =
  | FollowEvent
  | { type: 'deployment.planned'; cluster: string; plan: PlannedDeployment }
  /** What the planner chose, and why; after `deployment.planned`. */
  | { type: 'deployment.sized'; plan: SizedDeployment }
  | { type: 'launch.phase'; phase: LaunchPhase }
  | { type: 'file.uploading'; file: string; sentBytes: number; totalBytes: number }
  | { type: 'agent.uploaded'; files: readonly string[] }
  /** The last event of a launch that is not followed. */
  | { type: 'deployment.submitted'; name: string; instance: string; jobId: string };

export type PlannedDeployment = Pick<
  DeploymentPlan,
  'name' | 'model' | 'servedModel' | 'engine' | 'gpus' | 'nodes' | 'timeMinutes' | 'risks'
>;

export type SizedDeployment = Pick<
  DeploymentPlan,
  'name' | 'gpus' | 'nodes' | 'timeMinutes' | 'partition' | 'gpuType' | 'mem' | 'cpusPerTask' | 'reasons' | 'cost'
>;

export type StopEvent =
  | WorkEvent
  /** `delivered`: whether an agent took the order. */
  | { type: 'deployment.stopping'; name: string; mode: StopMode; delivered: boolean }
  | { type: 'requests.waiting'; inFlight: number }
  /** Jobs under the deployment's name, where the scheduler's answer to the submission was lost. */
  | { type: 'job.found'; name: string; jobIds: readonly string[] }
  | { type: 'job.cancelled'; jobId: string; how: 'stop' | 'kill' }
  /** The last event. Where the end was not waited for, the deployment may still be ending. */
  | { type: 'deployment.stopped'; deployment: DeploymentView; spent?: Spent };
