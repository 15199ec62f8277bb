// What control holds of deployments and their instances: the stored records, and what only the memory knows.

import type { Presence } from '../domain/presence.ts';
import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';

/** Only the registry changes an entry; a holder of one sees each change at once. */
export interface DeploymentEntry {
  readonly record: Readonly<DeploymentRecord>;
  /** The instances that serve it or served it last, in the order of their creation. At least one; without former ones. */
  readonly instances: readonly Entry[];
}

/** One instance. */
export interface Entry {
  readonly deployment: DeploymentEntry;
  readonly instance: Readonly<InstanceRecord>;
  readonly presence: Presence;
}

/** As the registry itself sees them. Not for use outside this folder. */
export interface OwnDeployment {
  record: DeploymentRecord;
  instances: OwnEntry[];
}
export interface OwnEntry {
  deployment: OwnDeployment;
  instance: InstanceRecord;
  presence: Presence;
}
