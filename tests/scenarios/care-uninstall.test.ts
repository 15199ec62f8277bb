// What `uninstall` removes and what it leaves; it may be run again.

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openWorld, processesOf, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 60_000;

let world: World;
let keysBefore: Buffer;
beforeAll(async () => {
  world = await openWorld();
  // A last line without a line end is the hardest to restore.
  const keys = world.bastion.authorizedKeysPath;
  writeFileSync(keys, readFileSync(keys, 'utf8').trimEnd());
  keysBefore = readFileSync(keys);
  await world.deploy('a');
  for (const folder of ['bastion', 'cluster']) writeFileSync(join(world.dir, folder, 'my-notes.txt'), 'mine');
  mkdirSync(join(world.dir, 'cluster', 'jobs', 'my-job'));
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose]());

/** A separate cache: other tests use the shared one. */
async function uninstall(...args: string[]) {
  const cache = join(world.dir, 'cache');
  const { code, stdout, stderr } = await world.cli(['uninstall', '--json', ...args], {
    env: { XDG_CACHE_HOME: cache },
  });
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  return { code, stderr, last };
}

/** The files in the folders of bastion, sockets and cluster. */
const remains = () =>
  globSync(['bastion/**', 'run/**', 'cluster/**'], { cwd: world.dir })
    .filter((path) => !['bastion', 'run', 'cluster'].includes(path))
    .toSorted((a, b) => a.localeCompare(b));

describe('fairlead uninstall', () => {
  it(
    'asks before it stops what is live, and refuses without a terminal',
    async () => {
      const refused = await uninstall();
      expect(refused).toMatchObject({
        code: 1,
        last: { error: { code: 'deployments_live', message: expect.stringContaining('live: a') } },
      });
    },
    timeoutMs,
  );

  it(
    '--dry-run names what would go and changes nothing',
    async () => {
      const before = remains();
      const planned = await uninstall('--dry-run');
      expect(planned).toMatchObject({ code: 0, last: { event: 'uninstall.planned', stopped: ['a'] } });
      const paths = (planned.last['removed'] as Array<{ path: string }>).map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining([join(world.dir, 'bastion', 'identity.pem'), world.profileFile]));
      expect(paths).not.toContain(join(world.dir, 'bastion', 'my-notes.txt'));
      expect(remains()).toEqual(before);
    },
    timeoutMs,
  );

  it(
    'stops and removes all that is ours, leaves what is not, and gives authorized_keys back to the byte',
    async () => {
      const cached = join(world.dir, 'cache', 'fairlead', 'bundles');
      mkdirSync(cached, { recursive: true });
      const done = await uninstall('--yes');
      expect(done.stderr).toBe('');
      expect(done).toMatchObject({ code: 0, last: { event: 'uninstalled', ok: true, stopped: ['a'] } });
      expect(remains()).toEqual([
        'bastion/my-notes.txt',
        'cluster/jobs',
        'cluster/jobs/my-job',
        'cluster/my-notes.txt',
      ]);
      expect(done.last['left']).toEqual(
        expect.arrayContaining(
          ['bastion/my-notes.txt', 'cluster/my-notes.txt', 'cluster/jobs/my-job'].map((path) =>
            expect.objectContaining({ path: join(world.dir, path), why: 'it is not known to be ours' }),
          ),
        ),
      );
      expect(readFileSync(world.bastion.authorizedKeysPath)).toEqual(keysBefore);
      expect(existsSync(`${world.bastion.authorizedKeysPath}.fairlead-backup`)).toBe(false);
      expect(existsSync(world.profileFile)).toBe(false);
      expect(existsSync(join(world.dir, 'cache', 'fairlead'))).toBe(false);
      expect(existsSync(world.configFile)).toBe(true);
      expect((await processesOf(world.dir)).filter(({ args }) => !args.includes('sshd'))).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'run again finds nothing; set up anew and interrupted, it says what is left, and goes on from there',
    async () => {
      const again = await uninstall('--yes');
      expect(again).toMatchObject({ code: 0, last: { event: 'uninstalled', removed: [] } });
      expect(remains()).not.toContain('bastion/gate');
      await world.deploy('b');
      const cut = world.start(['uninstall', '--yes', '--json'], { env: { XDG_CACHE_HOME: join(world.dir, 'cache') } });
      await cut.line((line) => line.includes('"deployment.stopping"'));
      cut.signal('SIGINT');
      const { code, stderr } = await cut.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('not done: cluster here, the bastion, this machine');
      expect((await uninstall('--force')).code).toBe(0);
    },
    timeoutMs,
  );
});
