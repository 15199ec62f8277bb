// What a user sees after a typing error, a wrong configuration or a refused login: one clear message, the right exit code, never a stack.

import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { asList, type FairleadConfig } from '@fairlead/config';
import type { SshRoute } from '@fairlead/protocol';
import { openWorld, type World } from '@fairlead/testkit';
import { createEd25519KeyPair } from '@fairlead/ssh';
import { createLockedKeyPair } from '@fairlead/ssh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

const otherHostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvO1bXHqdrx6gSfLBBLrcnTCLHIzhVFvsnVTl6aVOhA';

let world: World;
let base: string;

beforeAll(async () => {
  world = await openWorld();
  base = await readFile(world.configFile, 'utf8');
  const locked = createLockedKeyPair('geheim');
  await Promise.all([
    writeFile(join(world.dir, 'hosts-other'), `[127.0.0.1]:${world.bastion.port} ${otherHostKey}\n`),
    writeFile(join(world.dir, 'hosts-none'), ''),
    writeFile(join(world.dir, 'key-text'), 'hello\n', { mode: 0o600 }),
    writeFile(join(world.dir, 'key-stranger'), createEd25519KeyPair('stranger').privateKey, { mode: 0o600 }),
    writeFile(join(world.dir, 'key-locked'), locked.privateKey, { mode: 0o600 }),
    appendFile(world.bastion.authorizedKeysPath, `${locked.publicKey}\n`),
  ]);
});

afterAll(() => world[Symbol.asyncDispose]());

/** Runs a command with another configuration; resolves with its output and exit code. */
async function under(text: string, ...args: string[]) {
  const file = join(world.dir, 'tried.yaml');
  await writeFile(file, text);
  return world.cli(args, { env: { FAIRLEAD_CONFIG: file } });
}

function changed(change: (config: FairleadConfig) => void): string {
  const config = parse(base) as FairleadConfig;
  change(config);
  return stringify(config);
}

function bastionOf(change: (route: SshRoute) => void): string {
  return changed(({ bastion }) => bastion && change(asList(bastion.fromLaptop)[0]!));
}

function here(config: FairleadConfig) {
  const cluster = config.clusters?.['here'];
  if (!cluster) throw new Error('the world has no cluster');
  return cluster;
}

function expectOneClearMessage(result: { code: number | null; stdout: string; stderr: string }, code: number): void {
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr.match(/^error {2}/gm)).toHaveLength(1);
  expect(result.stderr).not.toMatch(/^\s+at .*:\d+/m);
}

describe('A mistyped', () => {
  it.each([
    ['preset is answered with the nearest name', ['deploy', 'lama-3.1-8b'], 2, /Did you mean llama-3\.1-8b\?/],
    ['cluster is answered with the nearest name', ['deploy', 'demo', '--on', 'hree'], 2, /Did you mean here\?/],
    ['setting of --set is named', ['deploy', 'demo', '--set', 'slrm.partition=x'], 2, /slrm: is not a setting.*slurm/],
    ['command is answered with the nearest name', ['deplyo', 'demo'], 2, /Did you mean deploy\?/],
    ['time limit is answered with the forms it has', ['deploy', 'demo', '--time', '4h'], 2, /04:00:00/],
    ['port is answered with what a port is', ['connect', 'a', '--port', '99999'], 2, /A port is at most 65535/],
    [
      'file of the configuration is named',
      ['--config', '/nowhere/f.yaml', 'list'],
      2,
      /\/nowhere\/f\.yaml.*no such file/,
    ],
  ])('%s', async (_what, args, code, words) => {
    const result = await world.cli(args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(words);
  });

  it.each(['A b/ü', '../x', 'a\nb'])(
    'name with odd characters is refused before anything is done: %j',
    async (name) => {
      const result = await world.cli(['deploy', 'demo', `--name=${name}`]);
      expectOneClearMessage(result, 2);
      expect(result.stderr).toMatch(/a name must start with a letter/);
    },
  );
});

describe('A configuration', () => {
  it.each([
    [
      'with a typo names the key and the nearest one',
      () => changed((c) => Object.assign(here(c), { slrum: {} })),
      /clusters\.here\.slrum: is not a setting; did you mean slurm\?/,
    ],
    [
      'with a wrong type names the key',
      () => bastionOf((route) => Object.assign(route, { port: 'ssh' })),
      /bastion\.fromLaptop\.port: .*expected number/,
    ],
    [
      'with several problems names them all',
      () => bastionOf((route) => Object.assign(route, { port: 'ssh', hots: 1 })),
      /of 2 problems/,
    ],
    [
      'that contradicts itself names the consequence',
      () => changed((c) => Object.assign(here(c), { slurm: { partition: 'gpu' } })),
      /clusters\.here\.slurm: a local cluster has no Slurm/,
    ],
    [
      'with a default that is not there says so',
      () => changed((c) => (c.defaultCluster = 'nope')),
      /defaultCluster: nope is not among the configured clusters \(here\)/,
    ],
    ['that is not YAML shows the line', () => 'a: [1\nb: }', /not YAML: .*line 2/],
    ['with a key twice shows the line', () => 'clusters:\n  a: {}\nclusters:\n  b: {}\n', /must be unique at line 3/],
    ['that is no mapping says what it should begin with', () => 'hello', /top level is not a mapping/],
  ])('%s', async (_what, text, words) => {
    const result = await under(text(), 'list');
    expectOneClearMessage(result, 2);
    expect(result.stderr).toMatch(words);
  });

  it('with a BOM and CRLF is read like any other', async () => {
    const { code, stdout } = await under(`\uFEFF${base.replaceAll('\n', '\r\n')}`, 'config', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ config: parse(base) });
  });

  it('that is a folder, or that may not be read, is said to be', async () => {
    const folder = await world.cli(['list'], { env: { FAIRLEAD_CONFIG: world.home } });
    expectOneClearMessage(folder, 2);
    expect(folder.stderr).toMatch(/because it is a folder/);
  });
});

describe('A bastion', () => {
  it.each([
    [
      'whose name is not known',
      () => bastionOf((route) => (route.host = 'no-such-host.invalid')),
      4,
      /no address is known for no-such-host\.invalid[\s\S]*Check the spelling/,
    ],
    [
      'where nothing listens',
      () => bastionOf((route) => (route.port = 1)),
      4,
      /nothing answers at 127\.0\.0\.1 port 1[\s\S]*Check host and port/,
    ],
    [
      'with another host key',
      () => bastionOf((route) => (route.knownHostsFile = join(world.dir, 'hosts-other'))),
      4,
      /its host key changed: .*hosts-other:1 has ssh-ed25519, got ssh-ed25519 SHA256:[\s\S]*Ask its operator/,
    ],
    [
      'with an unknown host key',
      () => bastionOf((route) => (route.knownHostsFile = join(world.dir, 'hosts-none'))),
      4,
      /its host key is not known: got ssh-ed25519 SHA256:[\s\S]*Compare the fingerprint/,
    ],
    [
      'that does not take the key',
      () => bastionOf((route) => (route.identityFile = join(world.dir, 'key-stranger'))),
      4,
      /the server accepted none of: .*key-stranger[\s\S]*authorized_keys/,
    ],
    [
      'for which the key has a passphrase and there is no terminal to type it',
      () => bastionOf((route) => (route.identityFile = join(world.dir, 'key-locked'))),
      4,
      /key-locked[\s\S]*passphrase[\s\S]*ssh-add/,
    ],
    [
      'for which the key is no key',
      () => bastionOf((route) => (route.identityFile = join(world.dir, 'key-text'))),
      2,
      /cannot use the key in .*key-text/,
    ],
  ])('%s is answered with what was found and what to do', async (_what, text, code, words) => {
    const result = await under(text(), 'list');
    expectOneClearMessage(result, code);
    expect(result.stderr).toMatch(words);
  });

  it('is reached without any ssh program on this machine', async () => {
    const { code, stderr } = await world.cli(['list'], { env: { PATH: '/nonexistent' } });
    expect({ code, stderr: stderr.match(/error/) }).toEqual({ code: 0, stderr: null });
  });
});

describe('On a machine that is set up', () => {
  beforeAll(() => world.deploy('alpha').then(() => undefined), 60_000);

  it('a profile that others may read is refused, with the cure', async () => {
    await chmod(world.profileFile, 0o644);
    const result = await world.cli(['list']);
    await chmod(world.profileFile, 0o600);
    expectOneClearMessage(result, 2);
    expect(result.stderr).toMatch(/other users may read it[\s\S]*chmod 600/);
  });

  it.each(['status', 'logs', 'stop', 'connect'])(
    '%s of an unknown name is answered with the nearest',
    async (command) => {
      const result = await world.cli([command, 'alpah']);
      expectOneClearMessage(result, 3);
      expect(result.stderr).toMatch(
        /cannot find alpah because no deployment is called that[\s\S]*Did you mean alpha\?/,
      );
    },
  );

  it('init leaves a file that works as it is when the new bastion cannot be reached', async () => {
    const result = await world.cli(['init', '--yes', '--bastion', 'no-such-host.invalid']);
    expectOneClearMessage(result, 4);
    expect(await readFile(world.configFile, 'utf8')).toBe(base);
  });

  it('a local port that is taken is named, and what to do', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const address = holder.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const result = await world.cli(['connect', 'alpha', '--port', port]);
    holder.close();
    expectOneClearMessage(result, 1);
    expect(result.stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} because something else[\\s\\S]*another port`));
  });

  it.each([
    [['--bind', 'docker0'], /cannot listen on "docker0"[\s\S]*ip -brief address/],
    [['--bind', '192.0.2.1'], /cannot listen on 192\.0\.2\.1:\d+ because this machine has no such address/],
    [['--allow-origin', 'localhost:3000'], /cannot allow "localhost:3000"[\s\S]*http:\/\/localhost:3000/],
  ])('connect %j is refused with what to give instead', async (flags, words) => {
    const result = await world.cli(['connect', 'alpha', ...flags]);
    expectOneClearMessage(result, 1);
    expect(result.stderr).toMatch(words);
  });

  it('a name that is taken is not deployed twice', async () => {
    const result = await world.cli(['deploy', 'demo', '--name', 'alpha']);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/alpha[\s\S]*--name/);
  });
});
