// What the HTTP API stands on.

import type { Log } from '@fairlead/kit';
import type { ControlHello } from '@fairlead/protocol';

import type { SecureCarrier } from '../carrier/secure-carrier.ts';
import type { DeploymentDesk } from '../deployment-desk.ts';
import type { Directory } from '../directory.ts';
import type { OwnerTokens } from '../state/owner-tokens.ts';

export interface AppDeps {
  directory: Directory;
  desk: DeploymentDesk;
  owners: OwnerTokens;
  carrier: Pick<SecureCarrier, 'originOf' | 'prove'>;
  hello: ControlHello;
  /** False while control is stopping. */
  isReady: () => boolean;
  log: Log;
}
