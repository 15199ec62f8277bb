import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { configNote, writeProfile } from '@fairlead/client/session';
import { Secret, silentLog, systemClock } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { hashOfConfig } from './bastion/config-in-force.ts';
import type { Context } from './context.ts';
import { openCliSession } from './open-cli-session.ts';

let dir: string;
let silent: Server;
beforeEach(async () => {
  dir = await mkdtemp('/tmp/fl-session-');
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterEach(async () => {
  silent.close();
  await rm(dir, { recursive: true });
});

it('ends at once when the user interrupts a login that the bastion does not answer', async () => {
  const { port } = silent.address() as AddressInfo;
  const path = join(dir, 'profile.json');
  const profile: LaptopProfile = {
    version: 2,
    bastion: {
      routes: [{ host: '127.0.0.1', port, user: 'alice' }],
      host: 'gate',
      user: 'alice',
      hostKeys: ['ssh-ed25519 AAAA'],
      stateDir: '/s',
      runDir: '/r',
    },
    controlCertificate: 'pem',
    ownerToken: new Secret('t'.repeat(43)),
  };
  const interrupt = new AbortController();
  const context = {
    env: { FAIRLEAD_PROFILE: path, HOME: dir },
    home: dir,
    cwd: dir,
    flags: { config: join(dir, 'c.yaml'), verbose: false },
    output: {},
    clock: systemClock,
    log: silentLog,
    signal: interrupt.signal,
  } as unknown as Context;
  await writeProfile(path, profile);
  await writeFile(join(dir, 'c.yaml'), 'bastion: {}');
  await writeFile(configNote(path), `${await hashOfConfig(profile, context)}\n`);
  const accepted = once(silent, 'connection') as Promise<[{ resume(): void }]>;
  const opening = openCliSession(context);
  const [socket] = await accepted;
  socket.resume();
  interrupt.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
});
