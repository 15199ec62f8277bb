// A site that accepts only certificates: init finds that only the system's ssh can log in, and all commands use it.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Scope } from '@fairlead/kit';
import { openWorld, type World } from '@fairlead/testkit';
import { findSshd } from '@fairlead/ssh/local-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const hasOpenSsh =
  (await findSshd()) !== undefined &&
  (await run('ssh', ['-V']).then(
    () => true,
    () => false,
  ));

describe.skipIf(!hasOpenSsh)('a site that takes certificates alone', () => {
  const scope = new Scope();
  let world: World;

  beforeAll(async () => {
    const ca = await mkdtemp('/tmp/fl-ca-');
    scope.defer(() => rm(ca, { recursive: true }));
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(ca, 'ca')]);
    world = scope.use(
      await openWorld({
        bastion: 'sshd',
        withProcesses: true,
        sshdConfig: [`TrustedUserCAKeys ${join(ca, 'ca.pub')}`],
      }),
    );
    const key = join(world.dir, 'id_ed25519');
    const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
    await writeFile(`${key}.pub`, stdout);
    await run('ssh-keygen', [
      '-q',
      '-s',
      join(ca, 'ca'),
      '-I',
      'me',
      '-n',
      world.bastion.user,
      '-V',
      '+1h',
      `${key}.pub`,
    ]);
    // The directory of ssh's control sockets, so that the test finds those of this world.
    world.env['TMPDIR'] = world.dir;
    // The key alone no longer logs in.
    await writeFile(world.bastion.authorizedKeysPath, '');
  });
  afterAll(() => scope[Symbol.asyncDispose]());

  it('is not for the ssh2 driver, which names the other one', async () => {
    const { code, last } = await world.json('deploy', 'demo', '--name', 'early');
    expect(code).not.toBe(0);
    expect(last).toMatchObject({
      error: { code: 'auth_failed', hint: expect.stringContaining('driver: ssh') as string },
    });
  });

  it('has init choose the driver, and say so', async () => {
    const { code, lines } = await world.json('init', '--yes');
    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'driver.chosen', driver: 'ssh' }));
    expect(await readFile(world.configFile, 'utf8')).toMatch(/driver: ssh\n/);
    expect(JSON.parse(await readFile(world.profileFile, 'utf8'))).toMatchObject({
      bastion: { routes: [{ driver: 'ssh' }] },
    });
  });

  it("deploys, lists, connects and chats through the system's ssh", async () => {
    await world.deploy('a');
    const listed = await world.json('list');
    expect(listed.last).toMatchObject({ deployments: [{ name: 'a' }] });
    const connected = world.start(['connect', 'a', '--json']);
    const ready = JSON.parse(await connected.line((line) => line.includes('"connected"'))) as {
      baseUrl: string;
      apiKey: string;
    };
    const models = await fetch(`${ready.baseUrl}/models`, { headers: { authorization: `Bearer ${ready.apiKey}` } });
    expect(models.status).toBe(200);
    connected.signal('SIGINT');
    await connected.ended;
    const chat = await world.cli(['chat', 'a', '--max-tokens', '8'], { stdin: 'Hello' });
    expect(chat).toMatchObject({ code: 0 });
    expect(chat.stdout).not.toBe('');
  });

  it('is told apart by the doctor', async () => {
    const { lines } = await world.json('doctor', '--no-job');
    expect(lines).toContainEqual(
      expect.objectContaining({
        id: 'laptop.ssh',
        status: 'ok',
        found: expect.stringContaining('driver: ssh)') as string,
      }),
    );
    expect(lines.filter((line) => line['status'] === 'fail')).toEqual([]);
  });

  it('leaves no ssh and no file of one behind', async () => {
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line.startsWith('ssh') && line.includes(world.dir))).toEqual([]);
    expect((await readdir(world.dir)).filter((name) => name.startsWith('fl-ssh-'))).toEqual([]);
  });
});
