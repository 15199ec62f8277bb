// What a connection needs of an ssh master, whether it is our own or one that the user shares.

import type { CodedError } from '@fairlead/kit';

import type { HostKey } from '../host-key/host-key.ts';
import type { SshErrorCode } from '../ssh-error.ts';
import type { MasterClient } from './mux/master-client.ts';

/** Disposing it ends a master of our own; a shared one goes on. */
export interface Master extends AsyncDisposable {
  kind: 'own' | 'shared';
  hostKey: HostKey;
  /** For questions to the master. */
  control: MasterClient;
  /** For channels. */
  proxy: MasterClient;
  /** What ssh has said so far; empty for a shared master. */
  said(): Promise<string>;
  noteChannel(): Promise<void>;
  /** Why it is gone. */
  explainLoss(): Promise<CodedError<SshErrorCode>>;
}
