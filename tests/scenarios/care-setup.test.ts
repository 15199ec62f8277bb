// A machine's setup that was damaged, moved or made twice at once, and how `init` repairs it.

import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

import { openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

const timeoutMs = 60_000;

let world: World;
beforeAll(async () => {
  world = await openWorld({
    // Users write the path from the home of the account there.
    config: (config) => {
      const { bastion } = config;
      if (!bastion?.authorizedKeysFile) throw new Error('the world names its authorized_keys');
      return {
        ...config,
        bastion: { ...bastion, authorizedKeysFile: `~/${relative(homedir(), bastion.authorizedKeysFile)}` },
      };
    },
  });
  expect((await world.json('list')).code).toBe(0);
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose]());

describe("The job's key", () => {
  it(
    'is made once when two ask for it at once, in a file named from the home, and its record names its line',
    async () => {
      const deploys = ['x', 'y'].map(async (name) => world.json('deploy', 'demo', '--name', name, '--no-wait'));
      expect((await Promise.all(deploys)).map(({ code }) => code)).toEqual([0, 0]);
      const lines = readFileSync(world.bastion.authorizedKeysPath, 'utf8')
        .split('\n')
        .filter((line) => line.includes('fairlead:'));
      expect(lines).toHaveLength(1);
      const records = globSync('cluster/keys/*/*.json', { cwd: world.dir });
      expect(records).toHaveLength(1);
      const record = JSON.parse(readFileSync(join(world.dir, records[0] ?? ''), 'utf8')) as object;
      expect(record).toMatchObject({ marker: /fairlead:(\S+)$/.exec(lines[0] ?? '')?.[1] });
    },
    timeoutMs,
  );
});

describe('A profile', () => {
  it(
    'whose token control does not know any more says so at once, and init makes a new one',
    async () => {
      rmSync(join(world.dir, 'bastion', 'owners'), { recursive: true });
      const refused = async () => (await world.json('list')).last;
      await expect
        .poll(refused, { timeout: 20_000, interval: 1_000 })
        .toMatchObject({ error: { code: 'unauthorized', hint: expect.stringContaining('fairlead init') } });
      const healed = await world.json('init', '--yes');
      expect(healed).toMatchObject({ code: 0, stderr: expect.stringContaining('made a new one') });
      expect((await world.json('list')).code).toBe(0);
    },
    timeoutMs,
  );

  it(
    'for another bastion than the configuration names is not used',
    async () => {
      const config = parse(readFileSync(world.configFile, 'utf8')) as { bastion: { fromLaptop: { port: number } } };
      config.bastion.fromLaptop.port += 1;
      const other = join(world.dir, 'other.yaml');
      writeFileSync(other, stringify(config));
      const { code, last } = await world.json('list', '--config', other);
      expect(code).toBe(2);
      expect(last).toMatchObject({
        error: { code: 'profile_mismatch', hint: expect.stringContaining('FAIRLEAD_PROFILE') },
      });
    },
    timeoutMs,
  );

  it(
    'is held against a configuration once, and again when that has changed',
    async () => {
      const file = join(world.dir, 'held.yaml');
      const list = () => world.json('list', '--config', file);
      const note = `${world.env['FAIRLEAD_PROFILE']}.config`;
      writeFileSync(file, readFileSync(world.configFile));
      expect((await list()).code).toBe(0);
      const held = readFileSync(note, 'utf8');
      expect((await list()).code).toBe(0);
      expect(readFileSync(note, 'utf8')).toBe(held);
      writeFileSync(file, 'bastion: [');
      expect((await list()).last).toMatchObject({ error: { code: 'config_invalid' } });
    },
    timeoutMs,
  );
});
