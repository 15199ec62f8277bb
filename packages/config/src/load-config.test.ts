import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ConfigPlace } from './config-place.ts';
import { loadForCluster } from './load-config.ts';

let folder: string;
let place: ConfigPlace;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-load-'));
  const config = join(folder, 'fairlead.yaml');
  await writeFile(config, 'bastion: { fromLaptop: { host: b } }\nclusters: { tb: { login: { host: l } } }\n');
  place = { env: {}, home: folder, cwd: folder, file: config, warn: () => undefined };
});
afterEach(() => rm(folder, { recursive: true }));

describe('A setting on the command line', () => {
  it('may complete a mapping of the file', async () => {
    const set = ['login.port=2222', 'bastion.fromCluster.host=inside'];
    const { config, cluster } = await loadForCluster(place, { set });
    expect(cluster.config.login).toEqual({ host: 'l', port: 2222 });
    expect(config.bastion).toEqual({ fromLaptop: { host: 'b' }, fromCluster: { host: 'inside' } });
  });

  it('is named when it is wrong', async () => {
    await expect(loadForCluster(place, { set: ['login.port=0'] })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('--set') as unknown,
    });
    await expect(loadForCluster(place, { set: ['foo'] })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('"foo"') as unknown,
    });
  });
});

it('A property of every object, such as constructor, is no configured cluster', async () => {
  await expect(loadForCluster(place, { on: 'constructor', set: [] })).rejects.toMatchObject({
    code: 'cluster_unknown',
    hint: expect.stringContaining('Configured: tb') as unknown,
  });
});
