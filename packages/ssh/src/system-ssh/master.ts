// The interface of an ssh master for a connection: our own master, or one that the user shares.

import type { CodedError } from '@fairlead/kit';

import type { HostKey } from '../host-key/host-key.ts';
import type { SshErrorCode } from '../ssh-error.ts';
import type { MasterClient } from './mux/master-client.ts';

/** The caller disposes it. That ends our own master; a shared one goes on. */
export interface Master extends AsyncDisposable {
  kind: 'own' | 'shared';
  hostKey: HostKey;
  /** The control connection for questions to the master. */
  control: MasterClient;
  /** The control connection for channels. */
  proxy: MasterClient;
  /** What ssh has said so far; empty for a shared master. */
  said(): Promise<string>;
  noteChannel(): Promise<void>;
  /** The cause of the master's end. */
  explainLoss(): Promise<CodedError<SshErrorCode>>;
}
