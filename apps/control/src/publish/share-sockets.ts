// Opens sockets of instances to the account of a gateway, and takes that back. The run directory stays closed to all others: a
// directory beside it holds second names of the sockets, which that account alone may reach.

import { execFile } from 'node:child_process';
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { errnoOf, errorText, type Log } from '@fairlead/kit';

export interface GatewayAccount {
  uid: number;
  gid: number;
}

/** `path`: by which the account reaches the socket. */
export type Shared = { ok: true; path: string } | { ok: false; reason: string };

/** By an access list, else by the group of the gateway, of which this account has to be a member. */
type Way = { kind: 'acl' } | { kind: 'group' } | { kind: 'none'; reason: string };

const run = promisify(execFile);

export class SocketSharing {
  readonly #root: string;
  readonly #log: Log;
  readonly #own: { uid: number; gid: number; groups: readonly number[] };
  readonly #ways = new Map<number, Way>();

  /** `runDir`: where the sockets are. What a former process has opened stays open until `keepOnly` or `closeOthers`. */
  constructor(runDir: string, { log }: { log: Log }) {
    this.#root = `${runDir}.published`;
    this.#log = log;
    this.#own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1, groups: process.getgroups?.() ?? [] };
  }

  /** Idempotent. Never throws. */
  async share(socket: string, account: GatewayAccount): Promise<Shared> {
    if (account.uid === this.#own.uid) return { ok: true, path: socket };
    try {
      const way = await this.#wayFor(account);
      if (way.kind === 'none') return { ok: false, reason: way.reason };
      const path = join(this.#dirOf(account.uid), basename(socket));
      if (isSame(socket, path)) return { ok: true, path };
      if (way.kind === 'acl') await setAccess(socket, `u:${account.uid}:rw`);
      else {
        chownSync(socket, this.#own.uid, account.gid);
        chmodSync(socket, 0o660);
      }
      // Last: until the account may use it there is nothing to reach.
      rmSync(path, { force: true });
      linkSync(socket, path);
      return { ok: true, path };
    } catch (error) {
      return { ok: false, reason: `control cannot open ${socket} to the gateway's account: ${errorText(error)}` };
    }
  }

  /** Takes back all sockets of the account but these; the account's directory too where none is left. Never throws. */
  async keepOnly(sockets: readonly string[], uid: number): Promise<void> {
    if (uid === this.#own.uid) return;
    const dir = this.#dirOf(uid);
    if (!this.#isOurs(dir)) return;
    const kept = new Set(sockets.map((socket) => basename(socket)));
    for (const name of readdirSync(dir)) {
      if (kept.has(name)) continue;
      const path = join(dir, name);
      // Takes the rights of groups and of access lists too.
      if (statOf(path)?.isSocket()) chmodSync(path, 0o600);
      rmSync(path, { force: true });
    }
    if (kept.size === 0) await this.#close(uid);
  }

  /** Takes back what a former process has opened to other accounts than these. */
  async closeOthers(uids: ReadonlySet<number>): Promise<void> {
    if (!this.#isOurs(this.#root)) return;
    for (const name of readdirSync(this.#root)) if (!uids.has(Number(name))) await this.keepOnly([], Number(name));
  }

  async #close(uid: number): Promise<void> {
    rmSync(this.#dirOf(uid), { recursive: true, force: true });
    if (this.#ways.get(uid)?.kind !== 'group')
      for (const dir of this.#closedParents()) await this.#quietly(() => setAccess(dir, `u:${uid}`, '-x'));
    this.#ways.delete(uid);
    if (this.#isOurs(this.#root) && readdirSync(this.#root).length === 0) rmSync(this.#root, { recursive: true });
  }

  async #wayFor(account: GatewayAccount): Promise<Way> {
    const known = this.#ways.get(account.uid);
    if (known && known.kind !== 'none' && this.#isOurs(this.#dirOf(account.uid))) return known;
    const way = await this.#open(account);
    this.#ways.set(account.uid, way);
    return way;
  }

  /** The directory of the account, which it may pass through and not list, and the way to it. */
  async #open(account: GatewayAccount): Promise<Way> {
    const dir = this.#dirOf(account.uid);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const one of [this.#root, dir])
      if (!this.#isOurs(one))
        return { kind: 'none', reason: `${one} belongs to another account: remove it, or set \`bastion.runDir\`` };
    chmodSync(this.#root, 0o711);
    if (!this.#ways.has(account.uid)) chmodSync(dir, 0o700);
    const foreign = parentsOf(this.#root).find((one) => isClosed(one) && !this.#isOurs(one));
    if (foreign !== undefined)
      return {
        kind: 'none',
        reason: `the gateway's account (uid ${account.uid}) may not pass through ${foreign}: set \`bastion.runDir\` to a directory under /tmp, or ask its owner for \`setfacl -m u:${account.uid}:x ${foreign}\``,
      };
    try {
      for (const one of [...this.#closedParents(), dir]) await setAccess(one, `u:${account.uid}:x`);
      return { kind: 'acl' };
    } catch (error) {
      return this.#openToGroup(account, dir, error);
    }
  }

  #openToGroup({ uid, gid }: GatewayAccount, dir: string, failure: unknown): Way {
    const parent = this.#closedParents()[0];
    const isMember = gid !== this.#own.gid && this.#own.groups.includes(gid);
    if (!isMember || parent !== undefined) {
      const obstacle = isMember ? `${parent} is closed to it` : `this account is no member of its group (gid ${gid})`;
      return {
        kind: 'none',
        reason: `control can open its sockets to the gateway's account (uid ${uid}) neither by an access list (${wordsOf(failure)}) nor by a group (${obstacle}): ask the administrator of this host for the package \`acl\`, or for membership in a group that is the primary group of the gateway's account alone`,
      };
    }
    chownSync(dir, this.#own.uid, gid);
    chmodSync(dir, 0o710);
    return { kind: 'group' };
  }

  /** Directories above that are this account's and that others may not pass through. */
  #closedParents(): string[] {
    return parentsOf(this.#root).filter((dir) => isClosed(dir) && this.#isOurs(dir));
  }

  #dirOf(uid: number): string {
    return join(this.#root, String(uid));
  }

  #isOurs(path: string): boolean {
    const stats = statOf(path);
    return stats !== undefined && stats.isDirectory() && stats.uid === this.#own.uid;
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.debug({ op: 'share.take_back', ok: false, error: errorText(error) });
    }
  }
}

async function setAccess(path: string, entry: string, how: '-m' | '-x' = '-m'): Promise<void> {
  await run('setfacl', [how, entry, '--', path], { timeout: 10_000 });
}

function wordsOf(error: unknown): string {
  if (errnoOf(error) === 'ENOENT') return 'there is no `setfacl`';
  const { stderr } = error as { stderr?: string };
  return (stderr ?? errorText(error)).trim();
}

function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}

function isClosed(dir: string): boolean {
  return ((statOf(dir)?.mode ?? 0) & 0o001) === 0;
}

/** The file itself has two names. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // A directory on the way cannot be looked into: nothing of ours is there.
    return undefined;
  }
}
