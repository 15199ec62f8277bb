// What publishers have told, and what is made of it: which instances are offered, and by which names.

import { type Log, Secret } from '@fairlead/kit';
import type { DeploymentPublished, DeploymentTaken, Load, PublisherMessage } from '@fairlead/protocol';
import { createHash } from 'node:crypto';

import type { ModelTable } from '../routing/offer.ts';
import {
  buildPublishedTable,
  type HeldDeployment,
  type HeldPublisher,
  idOfPublished,
  newestOf,
  publishedNamesOf,
} from './build-published-table.ts';
import type { PublisherRecord } from './source-records.ts';

/** Where the gateway answers a publisher. */
export interface PublisherLink {
  send(taken: DeploymentTaken): void;
  close(why: string): void;
}

export interface PublisherDeskDeps {
  /** Names and who holds them, kept on disk. */
  names: {
    publishedNames(): Map<string, string>;
    holdNames(publisher: string, names: readonly string[]): void;
    releaseNames(publisher: string, names: readonly string[]): void;
  };
  /** Why the gateway cannot use the socket as one of the account's; undefined where it can. */
  checkSocket: (socket: string, uid: number) => string | undefined;
  /** Called after each change: `table` gives another one. */
  onChanged: () => void;
  onLoads: (loads: ReadonlyMap<string, Load | undefined>) => void;
  log: Log;
}

export interface PublisherStatus {
  name: string;
  connected: boolean;
  deployments: Array<{ deployment: string; names: readonly string[]; instances: number; refused: readonly string[] }>;
}

/** Of one publisher. A publisher that does not know how many it has is cut off. */
const maxDeployments = 1_000;

interface Held extends HeldPublisher {
  record: PublisherRecord;
  deployments: Map<string, HeldDeployment>;
  /** What each deployment's publisher was told last, as text. */
  told: Map<string, string>;
  /** Names that another had when this one published them. They stay so: members do not come to another owner by a name that they know. */
  qualified: Set<string>;
  link: PublisherLink | undefined;
}

export class PublisherDesk {
  readonly #deps: PublisherDeskDeps;
  readonly #held = new Map<string, Held>();
  readonly #holders: Map<string, string>;

  constructor(deps: PublisherDeskDeps) {
    this.#deps = deps;
    this.#holders = deps.names.publishedNames();
  }

  /** Those that are gone, or have another token or account, lose their links and offers. */
  replace(records: readonly PublisherRecord[]): void {
    const byName = new Map(records.map((record) => [record.name, record]));
    for (const [name, { record, link }] of this.#held) {
      const now = byName.get(name);
      if (now && now.hash === record.hash && now.uid === record.uid) continue;
      this.#held.delete(name);
      link?.close('this publisher was removed');
      this.#readHolders(name);
      this.#deps.log.info({ op: 'publisher.removed', publisher: name });
    }
    for (const record of records)
      if (!this.#held.has(record.name))
        this.#held.set(record.name, {
          record,
          deployments: new Map(),
          told: new Map(),
          qualified: new Set(),
          link: undefined,
        });
    this.#deps.onChanged();
  }

  /** What is on disk: a publisher that was removed, and perhaps added again since, holds no name that it had before. */
  #readHolders(publisher: string): void {
    for (const [name, holder] of this.#holders) if (holder === publisher) this.#holders.delete(name);
    for (const [name, holder] of this.#deps.names.publishedNames())
      if (holder === publisher) this.#holders.set(name, holder);
  }

  identify(token: Secret): PublisherRecord | undefined {
    const hash = hashPublisherToken(token);
    return [...this.#held.values()].find(({ record }) => new Secret(record.hash).matches(hash))?.record;
  }

  /** A publisher has one link: an older one is closed. What was told by it stays until the new one tells. */
  open({ name }: PublisherRecord, link: PublisherLink): { take(message: PublisherMessage): void; end(): void } {
    const held = this.#held.get(name)!;
    held.link?.close('another control of this publisher has connected');
    held.link = link;
    held.told.clear();
    this.#deps.log.info({ op: 'publisher.connected', publisher: name });
    return {
      take: (message) => held.link === link && this.#take(held, message),
      end: () => {
        if (held.link !== link) return;
        held.link = undefined;
        this.#deps.log.info({ op: 'publisher.away', publisher: name });
      },
    };
  }

  /** Where a publisher's control is away its instances are offered on, as long as their sockets are there. */
  sweep(): void {
    let isChanged = false;
    for (const held of this.#held.values()) {
      if (held.link) continue;
      for (const [name, deployment] of held.deployments) {
        const checked = this.#checked(held.record, deployment.told);
        if (checked.refused.size === deployment.refused.size) continue;
        isChanged = true;
        if (newestOf(checked).length > 0) held.deployments.set(name, checked);
        else held.deployments.delete(name);
      }
    }
    if (isChanged) this.#deps.onChanged();
  }

  /** `isTaken`: by the gateway itself. Tells each publisher what has become of its deployments. */
  table(isTaken: (name: string) => boolean): ModelTable {
    const nameFor = (publisher: string, name: string) => {
      const isOthers = name.includes('/') && this.#isOtherSource(publisher, name.slice(0, name.indexOf('/')));
      const isFree = !isTaken(name) && !isOthers && this.#holders.get(name) === publisher;
      return isFree ? name : `${publisher}/${name}`;
    };
    this.#holdNames();
    const table = buildPublishedTable(this.#held.values(), nameFor);
    for (const held of this.#held.values()) this.#tell(held, nameFor);
    return table;
  }

  describe(): PublisherStatus[] {
    return [...this.#held.values()].map(({ record, link, deployments, told }) => ({
      name: record.name,
      connected: link !== undefined,
      deployments: [...deployments].map(([deployment, held]) => {
        const last = told.get(deployment);
        const { names } = last === undefined ? { names: [] } : (JSON.parse(last) as DeploymentTaken);
        return { deployment, names, instances: newestOf(held).length, refused: [...held.refused.values()] };
      }),
    }));
  }

  #take(held: Held, message: PublisherMessage): void {
    switch (message.type) {
      case 'publisher.hello': {
        const kept = new Set(message.deployments);
        for (const name of held.deployments.keys()) if (!kept.has(name)) this.#withdraw(held, name);
        break;
      }
      case 'deployment.published': {
        const { deployment } = message;
        if (!held.deployments.has(deployment) && held.deployments.size >= maxDeployments)
          return held.link?.close(`a publisher has at most ${maxDeployments} deployments`);
        held.deployments.set(deployment, this.#checked(held.record, message));
        break;
      }
      case 'deployment.withdrawn':
        this.#withdraw(held, message.deployment);
        break;
    }
    this.#deps.onChanged();
    if (message.type === 'deployment.published') this.#noteLoads(held.record.name, message);
  }

  #withdraw(held: Held, deployment: string): void {
    const gone = held.deployments.get(deployment);
    if (!gone) return;
    held.deployments.delete(deployment);
    held.told.delete(deployment);
    const left = new Set([...held.deployments.values()].flatMap(({ told }) => publishedNamesOf(told)));
    const { name } = held.record;
    const released = publishedNamesOf(gone.told).filter((one) => !left.has(one) && this.#holders.get(one) === name);
    for (const one of released) this.#holders.delete(one);
    this.#deps.names.releaseNames(name, released);
  }

  /** A name goes to the first who publishes it. */
  #holdNames(): void {
    for (const { record, deployments, qualified } of this.#held.values()) {
      const names = new Set([...deployments.values()].flatMap(({ told }) => publishedNamesOf(told)));
      for (const name of names) if ((this.#holders.get(name) ?? record.name) !== record.name) qualified.add(name);
      for (const name of qualified) if (!names.has(name)) qualified.delete(name);
      const fresh = [...names].filter((name) => !this.#holders.has(name) && !qualified.has(name));
      for (const name of fresh) this.#holders.set(name, record.name);
      this.#deps.names.holdNames(record.name, fresh);
    }
  }

  #isOtherSource(publisher: string, name: string): boolean {
    return name !== publisher && this.#held.has(name);
  }

  #checked({ name, uid }: PublisherRecord, told: DeploymentPublished): HeldDeployment {
    const refused = new Map<string, string>();
    for (const { instanceId, socket } of told.instances) {
      const why = this.#deps.checkSocket(socket, uid);
      if (why === undefined) continue;
      refused.set(instanceId, `the gateway cannot use ${socket} because ${why}`);
      this.#deps.log.warn({ op: 'publisher.refused', ok: false, publisher: name, instance: instanceId, socket, why });
    }
    return { told, refused };
  }

  #tell(held: Held, nameFor: (publisher: string, name: string) => string): void {
    const { record, deployments, link, told } = held;
    for (const [deployment, one] of deployments) {
      const taken: DeploymentTaken = {
        type: 'deployment.taken',
        deployment,
        names: publishedNamesOf(one.told).map((name) => nameFor(record.name, name)),
        refused: [...one.refused].map(([instanceId, reason]) => ({ instanceId, reason })),
      };
      const text = JSON.stringify({ ...taken, offered: newestOf(one).map(({ instanceId }) => instanceId) });
      if (told.get(deployment) === text) continue;
      told.set(deployment, text);
      link?.send(taken);
    }
  }

  #noteLoads(publisher: string, { instances }: DeploymentPublished): void {
    this.#deps.onLoads(
      new Map(instances.map(({ instanceId, load }) => [idOfPublished(publisher, instanceId), load] as const)),
    );
  }
}

export function hashPublisherToken(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}
