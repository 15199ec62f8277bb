import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { removeDeadSocket } from './remove-dead-socket.ts';

const dir = mkdtempSync('/tmp/fl-dead-');
afterAll(() => rmSync(dir, { recursive: true }));

describe('What lies at the path of a socket', () => {
  it('is removed where its process was killed', async () => {
    const path = join(dir, 'dead.sock');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave]);
    expect(existsSync(path)).toBe(true);
    await removeDeadSocket(path);
    expect(existsSync(path)).toBe(false);
  });

  it('stays where a program listens', async () => {
    const path = join(dir, 'live.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    await removeDeadSocket(path);
    expect(existsSync(path)).toBe(true);
    server.close();
  });

  it('stays where it is no socket, such as a file of the user', async () => {
    const path = join(dir, 'notes.txt');
    writeFileSync(path, 'notes');
    await removeDeadSocket(path);
    expect(readFileSync(path, 'utf8')).toBe('notes');
    await removeDeadSocket(join(dir, 'none'));
  });
});
