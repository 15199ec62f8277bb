// The port to control's stored records. One writer. What `commit` has stored when it resolves survives a kill at any moment.

import type { EventView } from '@fairlead/protocol';

import type { DeploymentRecord, FormerInstance, HistoryEntry, InstanceRecord } from '../domain/records.ts';

export type Write =
  | { type: 'deployment.put'; record: DeploymentRecord }
  | { type: 'instance.put'; record: InstanceRecord }
  | { type: 'history.add'; entry: HistoryEntry }
  | { type: 'deployment.remove'; name: string }
  | { type: 'instance.remove'; id: string };

export interface Remembered {
  deployments: DeploymentRecord[];
  /** The instances that serve a deployment or served it last; former ones are listed apart. */
  instances: InstanceRecord[];
  formers: FormerInstance[];
  /** Records that could not be read, if any. */
  setAside?: SetAside[];
}

/** A record that breaks its schema. It is kept unchanged in a table of its own. */
export interface SetAside {
  table: 'deployments' | 'instances';
  id: string;
  /** Names the field and what is wrong with it. */
  why: string;
  /** Whether a fresh record replaces it, so that its agent can connect again. */
  replaced: boolean;
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
  /** Events recorded before this time are removed. */
  beforeMs: number;
  /** Limit of events that stay. */
  most: number;
  /** Limit of events of one deployment that stay. */
  mostEach: number;
}

export interface Store extends AsyncDisposable {
  /** How many migrations the file has had. */
  readonly schemaVersion: number;
  /** Sets records that cannot be read aside and returns them too. Throws `store_unreadable` if nothing can be read. */
  load(): Promise<Remembered>;
  /** Stores all writes in order, or none; each record through its schema. Returns the new events of the history. Throws `record_refused`, `store_failed` or `store_corrupt`. */
  commit(writes: readonly Write[]): Promise<EventView[]>;
  findInstance(id: string): Promise<InstanceRecord | undefined>;
  /** Newest first. */
  listInstances(query: { deployment?: string | undefined }): Promise<InstanceRecord[]>;
  /** Oldest first. */
  listHistory(query: HistoryQuery): Promise<EventView[]>;
  /** Moves committed writes into the main file, so that a copy of that file holds them, and returns freed space to the disk. */
  settle(): Promise<void>;
  /** Removes at most `limit` of the oldest events that exceed the bounds. Returns how many it removed. */
  pruneHistory(bounds: HistoryBounds, limit: number): Promise<number>;
}
