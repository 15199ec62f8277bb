// Which driver `init` takes, over a real server, with an `ssh` on the PATH that has a configuration of its own.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@fairlead/kit';
import { sshVersion } from '@fairlead/ssh';
import { openTestSsh, type TestSsh } from '@fairlead/ssh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Context } from '../context.ts';
import { chooseDriver } from './choose-driver.ts';

const hasSsh = await sshVersion(process.env).then(
  (version) => version.includes('OpenSSH'),
  () => false,
);

describe.skipIf(!hasSsh)('chooseDriver (skipped where there is no OpenSSH)', () => {
  let server: TestSsh;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp('/tmp/fl-driver-');
    server = await openTestSsh('builtin');
    await mkdir(join(dir, '.ssh'));
    await mkdir(join(dir, 'bin'));
    await writeFile(join(dir, 'kh'), `[127.0.0.1]:${server.port} ${server.hostKeyLine}\n`);
    const real = execFileSync('/bin/sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
    await writeFile(join(dir, 'bin', 'ssh'), `#!/bin/sh\nexec ${real} -F ${dir}/config "$@"\n`, { mode: 0o755 });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  async function choose(host: string, { home, lines }: { home: string; lines: readonly string[] }) {
    const login = [`Port ${server.port}`, `IdentityFile ${server.userKeyFile}`, `UserKnownHostsFile ${dir}/kh`];
    await writeFile(join(dir, 'config'), [...lines, ...login, ''].join('\n'));
    const events: unknown[] = [];
    const context = {
      home,
      env: { ...process.env, PATH: `${dir}/bin:${process.env['PATH']}` },
      signal: new AbortController().signal,
      log: silentLog,
      output: {
        busy: () => undefined,
        event: (name: string, fields: object, words: string) => events.push({ name, ...fields, words }),
      },
    } as unknown as Context;
    return { route: await chooseDriver({ host }, context), events };
  }

  it('takes the one that ssh -G asks for, says why, and writes nothing down', async () => {
    const lines = ['Host gate', 'HostName 127.0.0.1', 'ProxyCommand nc %h %p'];
    const { route, events } = await choose('gate', { home: userInfo().homedir, lines });
    expect(route).toEqual({ host: 'gate' });
    expect(events).toMatchObject([
      {
        name: 'driver.chosen',
        driver: 'ssh',
        because: 'ssh_config',
        words: expect.stringContaining('ProxyCommand') as string,
      },
    ]);
  });

  it('stays with its own where that logs in', async () => {
    const lines = ['Host gate', 'HostName 127.0.0.1'];
    expect(await choose('gate', { home: userInfo().homedir, lines })).toEqual({ route: { host: 'gate' }, events: [] });
  });

  it("takes the system's ssh where its own finds no address and the system's ssh logs in", async () => {
    // With a HOME other than the account's, Fairlead does not ask ssh: ssh reads the account's files.
    const lines = ['Host gate.invalid', 'HostName 127.0.0.1'];
    const { route, events } = await choose('gate.invalid', { home: dir, lines });
    expect(route).toEqual({ host: 'gate.invalid', driver: 'ssh' });
    expect(events).toMatchObject([{ name: 'driver.chosen', driver: 'ssh', because: 'dns' }]);
  });

  it('leaves the route as it is where no driver gets there', async () => {
    const { route } = await choose('nowhere.invalid', { home: dir, lines: ['Host gate'] });
    expect(route).toEqual({ host: 'nowhere.invalid' });
  });
});
