import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hashOfConfig } from './config-in-force.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp('/tmp/fl-config-');
  await mkdir(join(dir, 'home/.config/fairlead'), { recursive: true });
  await writeFile(join(dir, 'home/.config/fairlead/config.yaml'), 'defaultCluster: a\n');
  await mkdir(join(dir, 'work/deep'), { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const profileOf = (stateDir: string) => ({ bastion: { routes: [{ host: 'gate' }], stateDir } }) as LaptopProfile;
const place = (more: object = {}) => ({
  env: { FAIRLEAD_SET: '' },
  home: join(dir, 'home'),
  cwd: join(dir, 'work/deep'),
  flags: { verbose: false },
  ...more,
});
const named = (path: string) => place({ flags: { verbose: false, config: join(dir, path) } });

describe('hashOfConfig', () => {
  it('is the same while nothing has changed, whatever else stands in the environment', async () => {
    const hash = await hashOfConfig(profileOf('/s'), place());
    expect(hash).toMatch(/=$/);
    expect(await hashOfConfig(profileOf('/s'), place({ env: { FAIRLEAD_SET: '', TERM: 'dumb' } }))).toBe(hash);
  });

  it('changes with the file, its place, a setting in the environment, and the profile', async () => {
    const hashes = [await hashOfConfig(profileOf('/s'), place())];
    hashes.push(await hashOfConfig(profileOf('/t'), place()));
    hashes.push(await hashOfConfig(profileOf('/s'), place({ env: { FAIRLEAD_SET: 'bastion.stateDir=/x' } })));
    await writeFile(join(dir, 'one.yaml'), 'defaultCluster: a\n');
    hashes.push(await hashOfConfig(profileOf('/s'), named('one.yaml')));
    await writeFile(join(dir, 'home/.config/fairlead/config.yaml'), 'defaultCluster: b\n');
    hashes.push(await hashOfConfig(profileOf('/s'), place()));
    await rm(join(dir, 'home/.config/fairlead/config.yaml'));
    hashes.push(await hashOfConfig(profileOf('/s'), place()));
    expect(new Set(hashes).size).toBe(6);
    expect(hashes).not.toContain(undefined);
  });

  it('is none where a project has a file, at any height, unless the user names one', async () => {
    await writeFile(join(dir, 'work/fairlead.yaml'), '');
    expect(await hashOfConfig(profileOf('/s'), place())).toBeUndefined();
    expect(await hashOfConfig(profileOf('/s'), named('home/.config/fairlead/config.yaml'))).toMatch(/=$/);
  });

  it('is none for what cannot be read as a file, and waits for no pipe', async () => {
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expect(await hashOfConfig(profileOf('/s'), named('pipe'))).toBeUndefined();
    expect(await hashOfConfig(profileOf('/s'), named('work'))).toBeUndefined();
  });
});
