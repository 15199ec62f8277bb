// What the HTTP API is given.

import type { Clock, Log } from '@fairlead/kit';
import type { ControlHello } from '@fairlead/protocol';

import type { SecureCarrier } from '../carrier/secure-carrier.ts';
import type { DeploymentDesk } from '../deployment-desk.ts';
import type { PublicationDesk } from '../publish/publication-desk.ts';
import type { Registry } from '../registry/registry.ts';
import type { Principals } from '../state/principals.ts';
import type { Store } from '../store/store.ts';

export interface AppDeps {
  registry: Registry;
  store: Pick<Store, 'listHistory'>;
  clock: Clock;
  desk: DeploymentDesk;
  publications: PublicationDesk;
  principals: Principals;
  carrier: Pick<SecureCarrier, 'originOf' | 'prove'>;
  hello: ControlHello;
  /** False while control is stopping. */
  isReady: () => boolean;
  log: Log;
}
