// The port behind which control remembers. One writer; what `commit` has resolved survives a kill at any moment.

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
  /** Of each deployment those that serve it, or served it last: the former ones are told apart. */
  instances: InstanceRecord[];
  formers: FormerInstance[];
  /** Records that could not be read, where there were any. */
  setAside?: SetAside[];
}

/** A record that does not fit its schema. It is kept as it was, beside the others. */
export interface SetAside {
  table: 'deployments' | 'instances';
  id: string;
  /** Which field, and what is wrong with it. */
  why: string;
  /** Whether a fresh record stands in its place, for which its agent may come back. */
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
  /** What was recorded before this goes. */
  beforeMs: number;
  /** How many stay at most. */
  most: number;
  /** How many of one deployment stay at most. */
  mostEach: number;
}

export interface Store extends AsyncDisposable {
  /** How many migrations made the file what it is. */
  readonly schemaVersion: number;
  /** A record that cannot be read is set aside, and said. Throws `store_unreadable` where nothing can be read. */
  load(): Promise<Remembered>;
  /** All or nothing, in order, each record through its schema. Returns what is new in the history. Throws `record_refused`, `store_failed` or `store_corrupt`. */
  commit(writes: readonly Write[]): Promise<EventView[]>;
  findInstance(id: string): Promise<InstanceRecord | undefined>;
  /** Newest first. */
  listInstances(query: { deployment?: string | undefined }): Promise<InstanceRecord[]>;
  /** Oldest first. */
  listHistory(query: HistoryQuery): Promise<EventView[]>;
  /** Brings what was committed into the main file, which a copy of that file alone would miss, and gives freed room back to the disk. */
  settle(): Promise<void>;
  /** Removes at most `limit` of the oldest that are out of bounds. Returns how many. */
  pruneHistory(bounds: HistoryBounds, limit: number): Promise<number>;
}
