import { once } from 'node:events';
import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkOwned, connectOwned } from './connect-owned.ts';

const uid = process.getuid!();
const dir = mkdtempSync('/tmp/fl-owned-');
const own = join(dir, 'own.sock');
const server = createServer((socket) => socket.end('hello'));
const { signal } = new AbortController();

beforeAll(async () => {
  server.listen(own);
  await once(server, 'listening');
  symlinkSync(own, join(dir, 'link.sock'));
  writeFileSync(join(dir, 'file.sock'), '');
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

describe('A socket of an account', () => {
  it('is connected to, also by another name of it', async () => {
    linkSync(own, join(dir, 'other.sock'));
    const socket = await connectOwned(join(dir, 'other.sock'), uid, { signal });
    const [piece] = await once(socket, 'data');
    expect(String(piece)).toBe('hello');
    socket.destroy();
    expect(checkOwned(own, uid)).toBeUndefined();
  });

  it.each([
    ['of another account', 'own.sock', uid + 1, `belongs to another account (uid ${uid}, not ${uid + 1})`],
    ['behind a symbolic link', 'link.sock', uid, 'is a symbolic link'],
    ['that is a file', 'file.sock', uid, 'is not a socket'],
    ['that is not there', 'none.sock', uid, 'no file is there'],
  ])('%s is refused', async (_what, name, account, why) => {
    expect(checkOwned(join(dir, name), account)).toContain(why);
    await expect(connectOwned(join(dir, name), account, { signal })).rejects.toThrow(why);
  });

  it('is not waited for by a caller that has given up', async () => {
    await expect(connectOwned(own, uid, { signal: AbortSignal.abort(new Error('gave up')) })).rejects.toThrow(
      'gave up',
    );
  });
});
