// What control is opened with.

import type { Clock, Log } from '@fairlead/kit';
import type { VersionRange } from '@fairlead/protocol';

import type { RunDir } from './carrier/run-dir.ts';
import type { CarrierLimits } from './carrier/secure-carrier.ts';
import type { Keeping } from './pruner.ts';
import type { OwnerTokens } from './state/owner-tokens.ts';
import type { Store } from './store/store.ts';

export interface ControlOptions {
  stateDir: string;
  runDir: string;
  host: string;
  bootId: string;
  log: Log;
  clock?: Clock;
  /** In [0, 1). */
  random?: () => number;
  leaseMs?: number;
  heartbeatMs?: number;
  /** Serve although another host has owned the state. */
  takeOwnership?: boolean;
  limits?: Partial<CarrierLimits>;
  /** Waiting bytes at which a watcher counts as behind. */
  watchBehindBytes?: number;
  keeping?: Partial<Keeping>;
  /** The protocol versions that it speaks, where they should not be this code's own: to see how versions meet. */
  versions?: VersionRange;
  /** What stands before its ports, where a test wants them to fail. */
  ports?: ControlPorts;
}

export interface ControlPorts {
  store?: (store: Store) => Store;
  runDir?: (runDir: RunDir) => RunDir;
  owners?: (owners: OwnerTokens) => OwnerTokens;
}

/** Three missed heartbeats: one may be lost to a reconnecting tunnel, one to a busy node. */
export const defaultLeaseMs = 15_000;
export const defaultHeartbeatMs = 5000;
