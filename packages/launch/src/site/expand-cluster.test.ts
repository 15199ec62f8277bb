import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClusterConfig } from '@fairlead/config';
import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { expandCluster } from './expand-cluster.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fl-home-'));
  // As a site does: for logins only, and with words of its own.
  await writeFile(join(home, '.bash_profile'), 'echo Welcome to the cluster\nexport SCRATCH=/scratch/ann WORK=/work\n');
});
afterEach(() => rm(home, { recursive: true }));

async function expand(config: ClusterConfig): Promise<ClusterConfig> {
  const runner = createLocalRunner();
  const host = {
    label: 'login',
    facts: { home, user: 'ann', hostname: 'l', system: 'Linux', machine: 'x86_64' },
    // A login of this account: its home is the one above.
    runner: { run: (argv: readonly string[]) => runner.run(['env', `HOME=${home}`, ...argv]) },
  };
  return (await expandCluster({ name: 'tb', config }, host)).config;
}

describe('A path of a cluster', () => {
  it('has ~ and variables expanded there, wherever it stands in the configuration', async () => {
    expect(
      await expand({
        tokenFile: '~/.hf-token',
        node: '$WORK/node/bin/node',
        paths: { state: '~/fl', scratch: '${SCRATCH}/tmp', runtime: '/opt/fl' },
        slurm: { binDir: '$WORK/slurm/bin', partition: '$gpu' },
        env: { HF_HOME: '$SCRATCH/hf', CACHE: '~/cache', PRICE: '5$', MATCH: 'a$b', PLAIN: 'x' },
        engines: { vllm: { command: ['~/vllm/bin/vllm', 'serve', '~'], env: { LIB: '$WORK/lib' } } },
        prologue: ['source ~/vllm/bin/activate'],
      }),
    ).toEqual({
      tokenFile: `${home}/.hf-token`,
      node: '/work/node/bin/node',
      paths: { state: `${home}/fl`, scratch: '/scratch/ann/tmp', runtime: '/opt/fl' },
      slurm: { binDir: '/work/slurm/bin', partition: '$gpu' },
      env: { HF_HOME: '/scratch/ann/hf', CACHE: `${home}/cache`, PRICE: '5$', MATCH: 'a$b', PLAIN: 'x' },
      engines: { vllm: { command: [`${home}/vllm/bin/vllm`, 'serve', '~'], env: { LIB: '/work/lib' } } },
      prologue: ['source ~/vllm/bin/activate'],
    });
  });

  it('is as it was where nothing is to expand', async () => {
    const config = { paths: { state: '/s' }, engines: { vllm: { command: ['vllm', 'serve'] } }, node: 'node' };
    expect(await expand(config)).toEqual(config);
  });

  it.each([
    [
      'a variable that is not set there',
      { tokenFile: '$SCRATHC/t' },
      /clusters\.tb\.tokenFile .*\$SCRATHC is not set in a login shell on login/,
    ],
    ["another user's home", { paths: { scratch: '~bob/x' } }, /clusters\.tb\.paths\.scratch .*your own home/],
    ['a path that is not absolute', { tokenFile: 'hf-token' }, /clusters\.tb\.tokenFile .*not absolute/],
  ])('is refused by its setting for %s', async (_what, config, message) => {
    await expect(expand(config)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(message) as unknown,
    });
  });
});
