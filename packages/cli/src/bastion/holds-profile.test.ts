import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Context } from '../context.ts';
import { hashOfConfig } from './config-in-force.ts';
import { holdsProfile } from './holds-profile.ts';

const routes = [{ host: 'gate', port: 22, user: 'alice' }];
const profile = { bastion: { routes, user: 'alice', stateDir: '/s' } } as LaptopProfile;

let dir: string;
let context: Context;
beforeEach(async () => {
  dir = await mkdtemp('/tmp/fl-held-');
  const flags = { config: join(dir, 'c.yaml'), verbose: false };
  const env = { FAIRLEAD_PROFILE: join(dir, 'profile.json') };
  context = { env, home: dir, cwd: dir, flags, output: {} } as unknown as Context;
});
afterEach(() => rm(dir, { recursive: true }));

const write = (text: string) => writeFile(join(dir, 'c.yaml'), text);
const note = () => readFile(join(dir, 'profile.json.config'), 'utf8');

it('keeps what the configuration was when it held, and loads it again when it has changed', async () => {
  await write('bastion: { fromLaptop: { host: gate, port: 22, user: alice } }');
  expect(await holdsProfile(profile, context)).toBe(true);
  expect(await note()).toBe(`${await hashOfConfig(profile, context)}\n`);
  await write('bastion: [');
  await expect(holdsProfile(profile, context)).rejects.toMatchObject({ code: 'config_invalid' });
});

it('does not load a configuration that is as it was', async () => {
  await write('bastion: [');
  await writeFile(join(dir, 'profile.json.config'), `${await hashOfConfig(profile, context)}\n`);
  expect(await holdsProfile(profile, context)).toBe(true);
});

it('keeps nothing where ssh_config has a say', async () => {
  await write('bastion: { fromLaptop: { host: gate, port: 22 } }');
  const bastion = { ...profile.bastion, routes: [{ host: 'gate', port: 22 }], user: userInfo().username };
  expect(await holdsProfile({ bastion } as LaptopProfile, context)).toBe(true);
  await expect(note()).rejects.toThrow('ENOENT');
});
