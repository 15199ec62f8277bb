import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SocketSharing } from './share-sockets.ts';

const own = process.getuid!();
/** An account that owns nothing here. */
const other = { uid: 60_123, gid: 60_123 };
const hasAcl = (() => {
  try {
    execFileSync('setfacl', ['-m', `u:${other.uid}:x`, mkdtempSync('/tmp/fl-acl-')]);
    return true;
  } catch {
    return false;
  }
})();

let dir: string;
let socket: string;
let server: Server;

beforeEach(async () => {
  dir = mkdtempSync('/tmp/fl-share-');
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  socket = join(dir, 'run', 'k3f9x2ab-1.sock');
  server = createServer();
  server.listen(socket);
  await once(server, 'listening');
  chmodSync(socket, 0o600);
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

const accessOf = (path: string) => execFileSync('getfacl', ['-cpn', path], { encoding: 'utf8' });
const open = () => new SocketSharing(join(dir, 'run'), { log: silentLog });

describe('A socket for a gateway of the same account', () => {
  it('is used as it is', async () => {
    expect(await open().share(socket, { uid: own, gid: 0 })).toEqual({ ok: true, path: socket });
    expect(readdirSync(dir)).toEqual(['run']);
  });
});

describe.skipIf(!hasAcl)('A socket for a gateway of another account, by access lists', () => {
  it('is open to that account alone, and the run directory to none', async () => {
    const shared = await open().share(socket, other);
    const path = join(dir, 'run.published', String(other.uid), 'k3f9x2ab-1.sock');
    expect(shared).toEqual({ ok: true, path });
    expect(accessOf(path)).toContain(`user:${other.uid}:rw-`);
    expect(accessOf(path)).toContain('group::---\n');
    expect(accessOf(path)).toContain('other::---');
    expect(statSync(join(dir, 'run')).mode & 0o777).toBe(0o700);
    expect(accessOf(join(dir, 'run.published', String(other.uid)))).toContain(`user:${other.uid}:--x`);
    // The directory above is closed to all: passing through it is all that is given.
    expect(accessOf(dir)).toContain(`user:${other.uid}:--x`);
    expect(await open().share(socket, other)).toEqual({ ok: true, path });
  });

  it('is closed again when it is taken back, and so are the directories above', async () => {
    const sharing = open();
    await sharing.share(socket, other);
    await sharing.keepOnly([], other.uid);
    expect(existsSync(join(dir, 'run.published'))).toBe(false);
    expect(accessOf(dir)).not.toContain(String(other.uid));
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it('stays as it is while others are taken back', async () => {
    const sharing = open();
    await sharing.share(socket, other);
    await sharing.share(socket, { uid: other.uid + 1, gid: 1 });
    await sharing.keepOnly([socket], other.uid);
    // As a control does that has been started again and publishes to one of them.
    await open().closeOthers(new Set([other.uid]));
    expect(readdirSync(join(dir, 'run.published'))).toEqual([String(other.uid)]);
    expect(readdirSync(join(dir, 'run.published', String(other.uid)))).toEqual(['k3f9x2ab-1.sock']);
  });
});

describe('A socket that cannot be opened to the account', () => {
  it.skipIf(own !== 0)('is refused with what stands in its place', async () => {
    mkdirSync(join(dir, 'run.published'));
    execFileSync('chown', ['60001', join(dir, 'run.published')]);
    expect(await open().share(socket, other)).toEqual({
      ok: false,
      reason: expect.stringMatching(/run\.published.* belongs to another account/),
    });
  });

  it('is refused where the socket is gone, and nothing is thrown', async () => {
    expect(await open().share(join(dir, 'run', 'none.sock'), other)).toMatchObject({ ok: false });
  });
});
