// Opens what a gateway offers beside its own deployments: those of publishers, and upstreams.

import { checkOwned, type Clock, Guard, type Log, type Scope } from '@fairlead/kit';

import type { ModelSources } from '../routing/model-sources.ts';
import type { Router } from '../routing/router.ts';
import type { GatewayStore } from '../store/gateway-store.ts';
import { followSources } from './follow-sources.ts';
import { PublisherDesk, type PublisherStatus } from './publisher-desk.ts';
import { listUpstreamModels } from './list-upstream-models.ts';
import { servePublishers } from './serve-publishers.ts';
import { UpstreamDesk } from './upstream-desk.ts';

/** A path, and the account of this process: publishers give it access to their sockets. */
export interface PublisherDoor {
  socket: string;
  account: { uid: number; gid: number };
}

export interface OpenSourcesDeps {
  publishers?: PublisherDoor | undefined;
  store: Pick<GatewayStore, 'sources' | 'version'>;
  sources: ModelSources;
  router: Pick<Router, 'noteLoads'>;
  clock: Clock;
  log: Log;
}

export interface OpenedSources {
  describePublishers: () => { publishers: PublisherStatus[]; publisherSocket: string } | Record<never, never>;
}

/** The scope closes it. Throws what listening and reading the store throw. */
export async function openSources(deps: OpenSourcesDeps, scope: Scope): Promise<OpenedSources> {
  const { publishers: door, store, sources, router, clock, log } = deps;
  const desk = new PublisherDesk({
    names: guardNames(store.sources, log),
    checkSocket: checkOwned,
    onChanged: () => sources.refresh(),
    onLoads: (loads) => router.noteLoads(loads),
    log,
  });
  sources.published = (isTaken) => desk.table(isTaken);
  const upstreams = scope.use(
    new UpstreamDesk({ list: listUpstreamModels, onChanged: () => sources.refresh(), clock, log }),
  );
  sources.upstreams = (isTaken) => upstreams.table(isTaken);
  const read = () => {
    upstreams.replace(store.sources.upstreams());
    desk.replace(door ? store.sources.publishers() : []);
  };
  const followed = scope.use(followSources({ version: () => store.version(), read, clock, log }));
  if (door) scope.use(await servePublishers({ ...door, desk, look: () => followed.look(), clock, log }));
  return {
    describePublishers: () => (door ? { publishers: desk.describe(), publisherSocket: door.socket } : {}),
  };
}

/** A disk that cannot be written does not stop publishing: who holds a name is then known until this process ends. */
function guardNames(rows: GatewayStore['sources'], log: Log) {
  const guard = new Guard(log);
  return {
    publishedNames: () => rows.publishedNames(),
    holdNames: (publisher: string, names: readonly string[]) =>
      void guard.run('publisher.names', () => rows.holdNames(publisher, names)),
    releaseNames: (publisher: string, names: readonly string[]) =>
      void guard.run('publisher.names', () => rows.releaseNames(publisher, names)),
  };
}
