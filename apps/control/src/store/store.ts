// The port behind which control remembers. One writer; what `commit` has resolved survives a kill at any moment.

import type { EventView } from '@fairlead/protocol';

import type { DeploymentRecord, FormerInstance, InstanceRecord } from '../domain/records.ts';

export interface HistoryEntry {
  atMs: number;
  deployment: string;
  instanceId: string;
  kind: string;
  message: string;
  /** Of an agent's own event: repeated ones are stored once. */
  source?: { processId: string; id: number };
}

export type Write =
  | { type: 'deployment.put'; record: DeploymentRecord }
  | { type: 'instance.put'; record: InstanceRecord }
  | { type: 'history.add'; entry: HistoryEntry };

export interface Remembered {
  deployments: DeploymentRecord[];
  /** Of each deployment the one it names. */
  instances: InstanceRecord[];
  formers: FormerInstance[];
}

export interface HistoryQuery {
  deployment?: string | undefined;
  /** Sequence number after which to begin. */
  after: number;
  limit: number;
}

export interface Store extends AsyncDisposable {
  load(): Promise<Remembered>;
  /** All or nothing, in order. */
  commit(writes: readonly Write[]): Promise<void>;
  findInstance(id: string): Promise<InstanceRecord | undefined>;
  /** Newest first. */
  listInstances(query: { deployment?: string | undefined }): Promise<InstanceRecord[]>;
  /** Oldest first. */
  listHistory(query: HistoryQuery): Promise<EventView[]>;
}
