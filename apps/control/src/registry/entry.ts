// What control holds of one deployment and its current instance: the stored records, and what only the memory knows.

import type { Presence } from '../domain/presence.ts';
import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';

/** Only the registry changes an entry; a holder of one sees each change at once. */
export interface Entry {
  readonly deployment: Readonly<DeploymentRecord>;
  readonly instance: Readonly<InstanceRecord>;
  readonly presence: Presence;
}

/** An entry as the registry itself sees it. Not for use outside this folder. */
export type OwnEntry = { -readonly [Field in keyof Entry]: Entry[Field] };
