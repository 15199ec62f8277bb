// Jobs of several clusters, bastions and laptops on one account: no command removes the key that another's jobs use.

import { globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 90_000;
/** An agent that the server refuses waits at least ten minutes; an agent whose connection is lost is back in seconds. */
const back = { timeout: 20_000 };

const keyLines = ({ bastion }: World) =>
  readFileSync(bastion.authorizedKeysPath, 'utf8')
    .split('\n')
    .filter((line) => line.includes('fairlead:job-'));

/** The last state that the agent of that job reported. */
function generation(world: World, name: string): number {
  const told = agentLog(world, name).matchAll(/data connection \S+ \S+ is up, generation (\d+)/g);
  return Math.max(0, ...Array.from(told, ([, number]) => Number(number)));
}

async function comesBack(world: World, name: string): Promise<void> {
  const before = generation(world, name);
  await world.bastion.dropSessions();
  await expect.poll(() => generation(world, name), back).toBeGreaterThan(before);
}

describe('Two names of one cluster', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      config: (given) => {
        const here = given.clusters['here'];
        return { ...given, defaultCluster: 'gpu-a', clusters: { 'gpu-a': here, 'gpu-b': here } };
      },
    });
    await world.deploy('one', '--on', 'gpu-a');
    await world.deploy('two', '--on', 'gpu-b');
  }, timeoutMs);
  afterAll(() => world?.[Symbol.asyncDispose]());

  it(
    'share a key that a stop of one leaves to the jobs of the other',
    async () => {
      expect((await world.json('stop', 'one')).code).toBe(0);
      expect(keyLines(world)).toHaveLength(1);
      await comesBack(world, 'two');
    },
    timeoutMs,
  );

  it(
    'have an agent that looks for its key again within seconds, when it is gone and comes back',
    async () => {
      const [keys = ''] = globSync(join(world.dir, 'cluster/keys/*'));
      renameSync(keys, `${keys}.away`);
      const before = generation(world, 'two');
      await world.bastion.dropSessions();
      await expect.poll(() => agentLog(world, 'two'), back).toContain('looks again automatically');
      renameSync(`${keys}.away`, keys);
      await expect.poll(() => generation(world, 'two'), back).toBeGreaterThan(before);
    },
    timeoutMs,
  );

  it(
    'get a new key where its line was removed, and jobs that run take it',
    async () => {
      const file = world.bastion.authorizedKeysPath;
      const [revoked = ''] = keyLines(world);
      writeFileSync(file, readFileSync(file, 'utf8').replace(`${revoked}\n`, ''));
      await world.deploy('three', '--on', 'gpu-a');
      expect(keyLines(world)).toHaveLength(1);
      expect(keyLines(world)).not.toContain(revoked);
      await comesBack(world, 'two');
    },
    timeoutMs,
  );

  it(
    'lose the key when the last job is over',
    async () => {
      for (const name of ['two', 'three']) {
        const { code, last } = await world.json('stop', name);
        expect(code, JSON.stringify(last)).toBe(0);
      }
      expect(keyLines(world)).toEqual([]);
      expect(globSync('cluster/keys/*', { cwd: world.dir })).toEqual([]);
    },
    timeoutMs,
  );
});

describe('Two bastions of one cluster', () => {
  let first: World;
  let second: World;
  beforeAll(async () => {
    first = await openWorld();
    second = await openWorld({
      config: (given) => {
        const here = given.clusters['here'];
        return {
          ...given,
          clusters: { here: { ...here, paths: { ...here?.paths, state: join(first.dir, 'cluster') } } },
        };
      },
    });
    await first.deploy('one');
    await second.deploy('two');
  }, timeoutMs);
  afterAll(async () => {
    await second?.[Symbol.asyncDispose]();
    await first?.[Symbol.asyncDispose]();
  });

  it('have a key each', async () => comesBack(first, 'one'), timeoutMs);

  it(
    'can be uninstalled one by one: what the jobs of the other read stays, and is named',
    async () => {
      const { code, last } = await second.json('uninstall', '--yes');
      expect(code).toBe(0);
      expect(last['left']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ why: 'jobs of another bastion may read it' }),
          expect.objectContaining({ why: 'a job of another bastion may read it' }),
        ]),
      );
      expect(keyLines(second)).toEqual([]);
      await comesBack(first, 'one');
    },
    timeoutMs,
  );
});

function agentLog(world: World, name: string): string {
  const isOf = (spec: string) => (JSON.parse(readFileSync(spec, 'utf8')) as { deployment: string }).deployment === name;
  return globSync(join(world.dir, 'cluster/jobs/*/spec.json'))
    .filter(isOf)
    .map((spec) => readFileSync(join(dirname(spec), 'agent.log'), 'utf8'))
    .join('');
}
