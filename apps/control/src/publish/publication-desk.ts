// What this owner publishes, kept on disk, and the links to the gateways that offer it.

import { type Clock, detach, Guard, type Log, untilOver } from '@fairlead/kit';
import type { PublicationView, PublishTarget } from '@fairlead/protocol';

import { RequestError } from '../domain/request-error.ts';
import type { Registry } from '../registry/registry.ts';
import { type Described, describePublished } from './describe-published.ts';
import { GatewayLink } from './gateway-link.ts';
import { readPublications, writePublications } from './publications-file.ts';
import type { SocketSharing } from './share-sockets.ts';

export interface PublicationDeskDeps {
  stateDir: string;
  registry: Registry;
  sharing: SocketSharing;
  clock: Clock;
  log: Log;
}

/** How long a request waits for the gateway's word. */
const answerMs = 5_000;

interface Held {
  target: PublishTarget;
  link: GatewayLink;
}

/** Disposal closes the links: the gateways have no more access to the sockets. */
export class PublicationDesk implements AsyncDisposable {
  readonly #deps: PublicationDeskDeps;
  readonly #publications: Map<string, PublishTarget>;
  readonly #links = new Map<string, Held>();
  readonly #guard: Guard;

  constructor(deps: PublicationDeskDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    this.#publications = readPublications(deps.stateDir, deps.log);
    const uids = new Set([...this.#publications.values()].map(({ uid }) => uid));
    detach(this.#guard.turn('publish.close', () => deps.sharing.closeOthers(uids)));
    for (const target of this.#publications.values()) this.#linkTo(target);
    deps.registry.changed.add(() => this.#syncAll());
  }

  list(): PublicationView[] {
    return [...this.#publications].map(([name, target]) => this.#linkTo(target).view(name));
  }

  /** On disk when it resolves, and with the gateway's word where that came soon. Throws `not_found`. */
  async publish(name: string, target: PublishTarget): Promise<PublicationView> {
    if (!this.#deps.registry.findDeployment(name))
      throw new RequestError('not_found', `no deployment is called ${name}`);
    const next = new Map(this.#publications).set(name, target);
    // A gateway knows this owner by one token: the newest.
    for (const [other, { socket }] of next) if (socket === target.socket) next.set(other, target);
    await this.#change(next);
    const link = this.#linkTo(target);
    await link.sync();
    return this.#untilKnown(name, link);
  }

  /** The gateway has no more access when it resolves. Throws `not_found`. */
  async unpublish(name: string): Promise<PublicationView> {
    const target = this.#publications.get(name);
    if (!target) throw new RequestError('not_found', `${name} is not published`);
    const view = this.#linkTo(target).view(name);
    const rest = new Map(this.#publications);
    rest.delete(name);
    await this.#change(rest);
    return view;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#links.values()].map(({ link }) => link[Symbol.asyncDispose]()));
  }

  async #change(next: Map<string, PublishTarget>): Promise<void> {
    writePublications(this.#deps.stateDir, next);
    this.#publications.clear();
    for (const [name, target] of next) this.#publications.set(name, target);
    const used = new Set([...next.values()].map(keyOf));
    for (const [key, { link }] of this.#links) {
      await link.sync();
      if (used.has(key)) continue;
      this.#links.delete(key);
      await link[Symbol.asyncDispose]();
    }
  }

  #linkTo(target: PublishTarget): GatewayLink {
    const key = keyOf(target);
    const known = this.#links.get(key);
    if (known) return known.link;
    const { sharing, clock, log } = this.#deps;
    const link = new GatewayLink({
      target,
      describe: () => this.#describe((one) => keyOf(one) === key),
      wantedSockets: () => socketsOf(this.#describe(({ uid }) => uid === target.uid)),
      sharing,
      clock,
      log,
    });
    this.#links.set(key, { target, link });
    return link;
  }

  #describe(isOne: (target: PublishTarget) => boolean): Map<string, Described> {
    const names = [...this.#publications].flatMap(([name, target]) => (isOne(target) ? [name] : []));
    return new Map(names.map((name) => [name, describePublished(this.#deps.registry, name)]));
  }

  #syncAll(): void {
    for (const { link } of this.#links.values()) detach(link.sync());
  }

  async #untilKnown(name: string, link: GatewayLink): Promise<PublicationView> {
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      const { state, problem } = link.view(name);
      if (state !== 'connecting' || problem !== undefined) resolve();
    };
    const forget = link.changed.add(look);
    look();
    await Promise.race([promise, untilOver(this.#deps.clock.sleep(answerMs, over.signal), over.signal)]);
    over.abort();
    forget();
    return link.view(name);
  }
}

function keyOf({ socket, uid, token }: PublishTarget): string {
  return JSON.stringify([socket, uid, token.reveal()]);
}

function socketsOf(described: ReadonlyMap<string, Described>): string[] | undefined {
  const all = [...described.values()];
  if (all.some(({ kind }) => kind === 'unknown')) return undefined;
  return all.flatMap((one) => (one.kind === 'known' ? one.message.instances.map(({ socket }) => socket) : []));
}
