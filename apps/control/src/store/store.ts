// The port behind which control remembers. One writer; what `commit` has resolved survives a kill at any moment.

import type { EventView } from '@fairlead/protocol';

import type { DeploymentRecord, FormerInstance, InstanceRecord } from '../domain/records.ts';

export interface HistoryEntry {
  /** May be an agent's time, set right. */
  atMs: number;
  /** By control's own clock. */
  recordedMs: number;
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
  | { type: 'history.add'; entry: HistoryEntry }
  | { type: 'deployment.remove'; name: string }
  | { type: 'instance.remove'; id: string };

export interface Remembered {
  deployments: DeploymentRecord[];
  /** Of each deployment the one it names. */
  instances: InstanceRecord[];
  formers: FormerInstance[];
}

export type HistoryQuery = { deployment?: string | undefined; limit: number } & (
  | {
      /** Sequence number after which to begin. */
      after: number;
    }
  | {
      /** The newest of those with smaller sequence numbers. */
      before: number;
    }
);

export interface HistoryBounds {
  /** What was recorded before this goes. */
  beforeMs: number;
  /** How many stay at most. */
  most: number;
}

export interface Store extends AsyncDisposable {
  /** How many migrations made the file what it is. */
  readonly schemaVersion: number;
  load(): Promise<Remembered>;
  /** All or nothing, in order. Returns what is new in the history. Throws `store_failed` or `store_corrupt`. */
  commit(writes: readonly Write[]): Promise<EventView[]>;
  findInstance(id: string): Promise<InstanceRecord | undefined>;
  /** Newest first. */
  listInstances(query: { deployment?: string | undefined }): Promise<InstanceRecord[]>;
  /** Oldest first. */
  listHistory(query: HistoryQuery): Promise<EventView[]>;
  /** Brings what was committed into the main file: what a copy of that file alone would miss. */
  settle(): Promise<void>;
  /** Removes at most `limit` of the oldest that are out of bounds. Returns how many. */
  pruneHistory(bounds: HistoryBounds, limit: number): Promise<number>;
}
