import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { configNote, writeProfile } from '@fairlead/client/session';
import { Secret } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Context } from '../context.ts';
import { hashOfConfig } from './config-in-force.ts';
import { ensureHeldProfile } from './ensure-held-profile.ts';

let dir: string;
let context: Context;
beforeEach(async () => {
  dir = await mkdtemp('/tmp/fl-held-');
  const flags = { config: join(dir, 'c.yaml'), verbose: false };
  const env = { FAIRLEAD_PROFILE: join(dir, 'profile.json') };
  context = { env, home: dir, cwd: dir, flags, output: {} } as unknown as Context;
});
afterEach(() => rm(dir, { recursive: true }));

const profile: LaptopProfile = {
  version: 2,
  bastion: {
    routes: [{ host: 'gate', port: 22, user: 'alice' }],
    host: 'gate',
    user: 'alice',
    hostKeys: ['ssh-ed25519 AAAA'],
    stateDir: '/s',
    runDir: '/r',
  },
  controlCertificate: 'pem',
  ownerToken: new Secret('t'.repeat(43)),
};

it('loads no configuration that is as it was when the profile held', async () => {
  const path = join(dir, 'profile.json');
  await writeProfile(path, profile);
  // Loading it would fail.
  await writeFile(join(dir, 'c.yaml'), 'bastion: [');
  await writeFile(configNote(path), `${await hashOfConfig(profile, context)}\n`);
  await ensureHeldProfile(context);
  await writeFile(join(dir, 'c.yaml'), 'bastion: {');
  await expect(ensureHeldProfile(context)).rejects.toMatchObject({ code: 'config_invalid' });
});

it('loads the configuration where this machine has no profile', async () => {
  await writeFile(join(dir, 'c.yaml'), 'bastion: [');
  await expect(ensureHeldProfile(context)).rejects.toMatchObject({ code: 'config_invalid' });
});
