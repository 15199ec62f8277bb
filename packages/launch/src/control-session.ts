// Control and the way to the bastion, as a launch uses them. The SDK's session is one.

import type {
  CreateDeployment,
  DeploymentCreated,
  DeploymentView,
  EventView,
  InstanceView,
  JobObserved,
  LaptopProfile,
  LogSource,
  StopMode,
  WatchMessage,
} from '@fairlead/protocol';
import type { SshConnection } from '@fairlead/ssh';

export interface ControlSession {
  readonly api: ControlCalls;
  readonly link: BastionAccess;
  /** One connection's messages of control; ends with the connection. */
  watch(signal: AbortSignal): AsyncIterable<WatchMessage>;
}

export interface ControlCalls {
  createDeployment(body: CreateDeployment, signal?: AbortSignal): Promise<DeploymentCreated>;
  listDeployments(options?: { all?: boolean }, signal?: AbortSignal): Promise<DeploymentView[]>;
  getDeployment(name: string, signal?: AbortSignal): Promise<DeploymentView>;
  stopDeployment(
    name: string,
    mode: StopMode,
    signal?: AbortSignal,
  ): Promise<{ deployment: DeploymentView; delivered: boolean }>;
  /** Lines as they come; ends with the log unless `follow`. */
  logs(
    instanceId: string,
    query: { source: LogSource; node?: number | undefined; lines: number; follow: boolean },
    signal?: AbortSignal,
  ): AsyncIterable<string[]>;
  /** The newest events of one deployment, oldest first. */
  events(query: { deployment: string; last: number }, signal?: AbortSignal): Promise<{ events: EventView[] }>;
  observed(instanceId: string, body: JobObserved, signal?: AbortSignal): Promise<InstanceView>;
}

export interface BastionAccess {
  readonly profile: LaptopProfile;
  /** The route that is taken now, by its number in the profile. */
  readonly route: { index: number } | undefined;
  /** An open connection with the user's own login; the link closes it. */
  connection(): Promise<SshConnection>;
}
