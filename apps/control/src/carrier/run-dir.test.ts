// The run directory: nothing is touched but sockets with names of ours.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { clearStaleSocket, RunDir } from './run-dir.ts';

let root: string;
const servers: Server[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fl-run-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(root, { recursive: true });
});

async function listen(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

describe('RunDir', () => {
  it('refuses a directory that is open to others', () => {
    chmodSync(root, 0o750);
    expect(() => new RunDir(root)).toThrow(expect.objectContaining({ code: 'run_dir_unsafe' }));
  });

  it('refuses a link and a file', () => {
    mkdirSync(join(root, 'real'), { mode: 0o700 });
    symlinkSync(join(root, 'real'), join(root, 'link'));
    expect(() => new RunDir(join(root, 'link'))).toThrow(/not a directory/);
  });

  it('unlinks sockets of ours alone', async () => {
    const dir = new RunDir(join(root, 'run'));
    writeFileSync(dir.file('aaaaaaaa-1.sock'), 'a file with a name of ours');
    symlinkSync(dir.file('aaaaaaaa-1.sock'), dir.file('bbbbbbbb-1.ctl'));
    await listen(dir.file('control.sock'));
    await listen(dir.file('cccccccc-1.ctl'));
    for (const name of [
      'aaaaaaaa-1.sock',
      'bbbbbbbb-1.ctl',
      'control.sock',
      '../run/cccccccc-1.ctl',
      'cccccccc-01.ctl',
    ])
      expect(dir.unlinkSocket(name)).toBe(false);
    expect(dir.unlinkSocket('cccccccc-1.ctl')).toBe(true);
    expect(dir.unlinkSocket('cccccccc-1.ctl')).toBe(false);
    expect(existsSync(dir.file('aaaaaaaa-1.sock'))).toBe(true);
    expect(existsSync(dir.file('control.sock'))).toBe(true);
  });

  it('puts a socket aside and back, and its listener stays', async () => {
    const dir = new RunDir(join(root, 'run'));
    await listen(dir.file('aaaaaaaa-1.sock'));
    dir.park('aaaaaaaa-1.sock');
    expect(dir.hasSocket('aaaaaaaa-1.sock')).toBe(false);
    expect(await dir.list()).toEqual([]);
    expect(await dir.listParked()).toEqual(['aaaaaaaa-1.sock']);
    expect(dir.reclaim('aaaaaaaa-1.sock')).toBe(true);
    expect(dir.reclaim('bbbbbbbb-1.sock')).toBe(false);
    await expect(clearStaleSocket(dir.file('aaaaaaaa-1.sock'))).rejects.toMatchObject({ code: 'socket_in_use' });
  });
});

describe('clearStaleSocket', () => {
  it('removes a socket at which no program listens', async () => {
    const dir = new RunDir(join(root, 'run'));
    await listen(dir.file('aaaaaaaa-1.sock'));
    dir.park('aaaaaaaa-1.sock');
    const stale = join(dir.path, 'parked', 'aaaaaaaa-1.sock');
    await new Promise((resolve) => servers.splice(0)[0]!.close(resolve));
    expect(existsSync(stale)).toBe(true);
    await clearStaleSocket(stale);
    expect(existsSync(stale)).toBe(false);
  });

  it('refuses what is no socket', async () => {
    writeFileSync(join(root, 'control.sock'), '');
    await expect(clearStaleSocket(join(root, 'control.sock'))).rejects.toMatchObject({ code: 'socket_in_use' });
  });
});
