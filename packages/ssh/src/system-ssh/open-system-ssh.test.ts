// The system's ssh as a driver, over a real sshd: what a connection does, which host keys it accepts, how it ends.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Secret } from '@fairlead/kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { openSsh } from '../connection/open-ssh.ts';
import { createEd25519KeyPair } from '../ed25519-key.ts';
import { createJobKey } from '../job-key/create-job-key.ts';
import { proveJobLogin } from '../job-key/install-job-key.ts';
import { describeLocalSshServer } from '../local-server/local-ssh-server.contract.ts';
import { resolveSshTarget } from '../resolve-ssh-target.ts';
import type { SshTarget } from '../ssh-target.ts';
import { hasSshd, openTestSshd, type TestSsh } from '../testing.ts';
import { openHole } from '../testing-hole.ts';
import { runSsh } from './run-ssh.ts';

const run = promisify(execFile);
const hasOpenSsh =
  (await hasSshd()) &&
  (await runSsh(['-V'], process.env).then(
    ({ code }) => code === 0,
    () => false,
  ));

if (hasOpenSsh) describeLocalSshServer('sshd', 'ssh');

describe.skipIf(!hasOpenSsh)("openSsh with the system's ssh", () => {
  let server: TestSsh;
  let target: SshTarget;
  /** The directory of the masters' sockets: it identifies our masters and their files. */
  let places: string;
  /** Begun first and checked last: the master needs seconds to end, during which the other tests run. */
  let killed: ReturnType<typeof killHolder>;
  const before = process.env['TMPDIR'];
  beforeAll(async () => {
    server = await openTestSshd();
    places = await mkdtemp('/tmp/fl-t-');
    process.env['TMPDIR'] = places;
    target = await server.systemTarget();
    killed = killHolder();
  });
  afterAll(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await server[Symbol.asyncDispose]();
    await rm(places, { recursive: true });
  });
  const mastersLeft = async (of = places) => {
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    return stdout.split('\n').filter((line) => / ssh/.test(line) && line.includes(of));
  };
  const placesIn = async (dir: string) => (await readdir(dir)).filter((name) => name.startsWith('fl-ssh-'));
  /** A master closes its socket a moment before it is gone. */
  const expectNoMaster = () => expect.poll(() => mastersLeft()).toEqual([]);
  async function killHolder() {
    const dir = await mkdtemp('/tmp/fl-k-');
    const file = join(dir, 'target.json');
    const system = { ...target.system, env: { ...process.env, TMPDIR: dir } };
    await writeFile(file, JSON.stringify({ ...target, system }));
    const door = fileURLToPath(new URL('../index.ts', import.meta.url));
    const script = `import { readFileSync } from 'node:fs'; import { openSsh } from ${JSON.stringify(door)};
      const connection = await openSsh(JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8')));
      await connection.run('exit 0'); console.log('open'); setInterval(() => {}, 1000);`;
    const args = ['--conditions=fairlead-source', '--input-type=module', '-e', script];
    const env = { ...process.env, TMPDIR: dir };
    const holder = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const mastersBefore = await mastersLeft(dir);
    // It is for the login alone, and removed when the connection is open already.
    await expect.poll(() => placesIn(dir)).toEqual([]);
    holder.kill('SIGKILL');
    return { mastersBefore, dir };
  }
  const pidOf = (line = '') => Number(/\d+/.exec(line)?.[0]);
  /** Of the master itself: the ssh that put it into the background may be there for a moment more. */
  async function masterPid(): Promise<number> {
    const master = async () => (await mastersLeft()).find((line) => line.includes('[mux]'));
    await expect.poll(master).toBeDefined();
    return pidOf(await master());
  }
  /** A target from a user's configuration with these lines. */
  async function fromConfig(lines: readonly string[], knownHosts: string | undefined): Promise<SshTarget> {
    const dir = await mkdtemp(join(places, 'u'));
    const files = { config: join(dir, 'config'), knownHosts: join(dir, 'kh') };
    if (knownHosts !== undefined) await writeFile(files.knownHosts, knownHosts);
    const all = [
      'Host gate',
      'HostName 127.0.0.1',
      `Port ${server.port}`,
      `User ${server.user}`,
      `IdentityFile ${server.userKeyFile}`,
      ...(knownHosts === undefined ? [] : [`UserKnownHostsFile ${files.knownHosts}`]),
      ...lines.map((line) => line.replaceAll('DIR', dir)),
    ];
    await writeFile(files.config, `${all.join('\n')}\n`);
    const deps = { home: dir, env: process.env, sshConfigPath: files.config };
    return resolveSshTarget({ host: 'gate', driver: 'ssh' }, deps);
  }
  const filed = (key = server.hostKeyLine) => `[127.0.0.1]:${server.port} ${key}\n`;

  it('accepts a key that known_hosts has, and reports it', async () => {
    await using connection = await openSsh(await fromConfig([], filed()));
    expect(server.hostKeyLine).toContain(connection.hostKey.base64);
    expect(connection.label).toBe(`${server.user}@gate (127.0.0.1)`);
  });

  it('works with a configuration for interactive use', async () => {
    const lines = ['RemoteCommand exec tmux', 'RequestTTY yes', `LocalForward ${server.port} 127.0.0.1:1`];
    const more = ['ExitOnForwardFailure yes', 'LogLevel QUIET', 'ControlMaster auto', 'ControlPath DIR/none-%C'];
    await using connection = await openSsh(await fromConfig([...lines, ...more], filed()));
    expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
  });

  it('goes through a jump host, and ends the process that it started for that', async () => {
    const jump = ['ProxyJump jump', 'Host jump', 'HostName 127.0.0.1', `Port ${server.port}`, `User ${server.user}`];
    const files = [`IdentityFile ${server.userKeyFile}`, 'UserKnownHostsFile DIR/kh'];
    const user = await fromConfig([...jump, ...files], filed());
    {
      await using connection = await openSsh({ ...user, hostKeys: target.hostKeys });
      expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
    }
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => /ssh.*-W/.test(line) && line.includes(places))).toEqual([]);
    const refused = { ...user, port: 1, hostKeys: target.hostKeys };
    await expect(openSsh(refused)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });

  it('refuses an unknown host, whatever the configuration says', async () => {
    const lax = ['StrictHostKeyChecking no', 'NoHostAuthenticationForLocalhost yes', 'VerifyHostKeyDNS yes'];
    await expect(openSsh(await fromConfig(lax, ''))).rejects.toMatchObject({
      code: 'host_key_unknown',
      retryable: false,
      message: expect.stringContaining('SHA256:') as string,
    });
  });

  it('accepts a host by the certificate of an authority, and reports the key in it', async () => {
    const dir = await mkdtemp(join(places, 'ca'));
    const hostKey = join(dir, 'host');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'ca')]);
    await run('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', hostKey]);
    const names = ['-h', '-n', '127.0.0.1', '-V', '+1h'];
    await run('ssh-keygen', ['-q', '-s', join(dir, 'ca'), '-I', 'host', ...names, `${hostKey}.pub`]);
    await using certified = await openTestSshd({
      extraConfig: [`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`],
    });
    const authority = await readFile(join(dir, 'ca.pub'), 'utf8');
    const config = join(dir, 'config');
    await writeFile(join(dir, 'kh'), `@cert-authority * ${authority}`);
    const lines = [
      'Host gate',
      'HostName 127.0.0.1',
      `Port ${certified.port}`,
      `IdentityFile ${certified.userKeyFile}`,
    ];
    await writeFile(
      config,
      [...lines, `UserKnownHostsFile ${dir}/kh`, 'GlobalKnownHostsFile /dev/null', ''].join('\n'),
    );
    const user = await resolveSshTarget(
      { host: 'gate' },
      { home: userInfo().homedir, env: process.env, sshConfigPath: config },
    );
    expect(user.system?.because).toContain('certificate authority');
    await using connection = await openSsh(user);
    expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
    // Jobs pin this key: they trust no authority.
    expect(await readFile(`${hostKey}.pub`, 'utf8')).toContain(
      `${connection.hostKey.type} ${connection.hostKey.base64}`,
    );
    await writeFile(join(dir, 'kh'), `@cert-authority * ${createEd25519KeyPair().publicKey}\n`);
    await expect(openSsh(user)).rejects.toMatchObject({ code: 'host_key_unknown' });
  });

  it('keeps an accepted host key in a file of ours where ssh_config keeps none', async () => {
    const user = await fromConfig(['UserKnownHostsFile /dev/null', 'GlobalKnownHostsFile /dev/null'], undefined);
    const kept = user.system?.keptKnownHosts ?? '';
    expect(user.hostKeys).toMatchObject({ files: [kept, '/dev/null'] });
    await expect(openSsh(user)).rejects.toMatchObject({ code: 'host_key_unknown' });
    await mkdir(dirname(kept), { recursive: true });
    await writeFile(kept, filed());
    await using connection = await openSsh(user);
    expect(server.hostKeyLine).toContain(connection.hostKey.base64);
  });

  it('refuses a changed host and names the line', async () => {
    const changed = await fromConfig(['StrictHostKeyChecking no'], `# one\n${filed(createEd25519KeyPair().publicKey)}`);
    await expect(openSsh(changed)).rejects.toMatchObject({
      code: 'host_key_changed',
      retryable: false,
      message: expect.stringMatching(/kh:2/) as string,
    });
  });

  it('refuses another key than the pinned one, though known_hosts has it', async () => {
    const pinned = { kind: 'pinned' as const, keys: [createEd25519KeyPair().publicKey] };
    const login = openSsh({ ...(await fromConfig([], filed())), hostKeys: pinned });
    await expect(login).rejects.toMatchObject({ code: 'host_key_changed' });
  });

  it('tells a refused key, a closed port, an unknown name and a silent host apart', async () => {
    const stranger = new Secret(createEd25519KeyPair().privateKey);
    const ways = {
      auth_failed: {
        ...target,
        auth: { privateKey: stranger },
        system: { ...target.system!, identityFile: undefined },
      },
      refused: { ...target, port: 1 },
      dns: { ...target, host: 'nowhere.invalid' },
    };
    for (const [code, way] of Object.entries(ways)) await expect(openSsh(way)).rejects.toMatchObject({ code });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await expect(openSsh({ ...target, port, connectTimeoutMs: 150 })).rejects.toMatchObject({ code: 'timeout' });
    const abort = new AbortController();
    const login = openSsh({ ...target, port }, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(login).rejects.toThrow('enough');
    silent.close();
    expect(await readdir(places)).not.toContainEqual(expect.stringMatching(/^fl-ssh-/));
  });

  it('names a line of the configuration that makes no sense', async () => {
    await expect(fromConfig(['Nonsense yes'], '')).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringMatching(/config.*line 7.*nonsense/is) as string,
    });
  });

  it('removes the files of a login that was killed long ago', async () => {
    const old = await mkdtemp(join(places, 'fl-ssh-'));
    const young = await mkdtemp(join(places, 'fl-ssh-'));
    await utimes(old, 1, 1);
    await using _connection = await openSsh(target);
    const left = await readdir(places);
    expect(left).not.toContain(basename(old));
    expect(left).toContain(basename(young));
    await rm(young, { recursive: true });
  });

  it('logs in where the name of the temporary directory has blanks, quotes and percent signs', async () => {
    const odd = await mkdtemp(join(places, `a 100%h "b'-`));
    process.env['TMPDIR'] = odd;
    try {
      await using connection = await openSsh(target);
      expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
    } finally {
      process.env['TMPDIR'] = places;
    }
  });

  it('runs in its own process group, which no Ctrl-C here reaches, and leaves nothing when it is closed', async () => {
    await expectNoMaster();
    const connection = await openSsh(target);
    await connection.run('exit 0');
    const master = await masterPid();
    const { stdout } = await run('ps', ['-o', 'pgid=,args=', '-p', String(master)]);
    expect(Number.parseInt(stdout, 10)).toBe(master);
    await connection[Symbol.asyncDispose]();
    expect(await connection.closed).toBeUndefined();
    await expectNoMaster();
    expect(await readdir(places)).not.toContainEqual(expect.stringMatching(/^fl-ssh-/));
  });

  it('reports a lost connection when its ssh is killed', async () => {
    await expectNoMaster();
    await using connection = await openSsh(target);
    const gate = await connection.gate(`echo '{}'; exec cat`);
    const running = connection.run('sleep 60').catch((error: unknown) => error);
    process.kill(await masterPid(), 'SIGKILL');
    expect(await connection.closed).toMatchObject({ code: 'connection_lost', retryable: true });
    expect(await running).toMatchObject({ code: 'connection_lost' });
    await gate.closed;
    await expectNoMaster();
  });

  it('notices a black hole', async () => {
    await using hole = await openHole(server.port);
    // A busy machine may be silent for some tenths of a second by itself.
    const connection = await openSsh({ ...target, port: hole.port }, { keepaliveMs: 500, keepaliveCountMax: 2 });
    await connection.gate(`echo '{}'; exec cat`);
    hole.swallow();
    const startedMs = performance.now();
    expect(await connection.closed).toMatchObject({ code: 'connection_lost', retryable: true });
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    await connection[Symbol.asyncDispose]();
    await expectNoMaster();
  });

  it('puts a key in memory into no argument, and into no file that stays', async () => {
    const job = createEd25519KeyPair();
    const keys = await readFile(server.authorizedKeysPath, 'utf8');
    await writeFile(server.authorizedKeysPath, `${keys}command="echo as the job" ${job.publicKey}\n`);
    await using connection = await openSsh({ ...target, auth: { privateKey: new Secret(job.privateKey) } });
    expect(await connection.run('exit 0')).toMatchObject({ stdout: 'as the job\n' });
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout).not.toContain(job.privateKey.split('\n')[1]);
  });

  it("accepts a job's key if the server only asks for a code besides, and refuses an unknown key", async () => {
    const [job, stranger] = [createJobKey(), createJobKey()];
    const line = `command="echo '{}'; exec cat" ${job.publicKey}`;
    const wantsMore = ['AuthenticationMethods publickey,password', 'PasswordAuthentication yes'];
    await using strict = await openTestSshd({ authorizedKeys: [line], extraConfig: wantsMore });
    const userTarget = await strict.systemTarget();
    expect(await proveJobLogin({ userTarget, jobKey: job, line })).toBe('');
    const refused = proveJobLogin({ userTarget, jobKey: stranger, line });
    await expect(refused).rejects.toMatchObject({ code: 'job_key_refused' });
    await expect(openSsh(userTarget)).rejects.toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('it takes password') as string,
      hint: expect.stringContaining('in a terminal') as string,
    });
  });

  describe('and a connection that the user shares', () => {
    const shared = ['ControlPath DIR/cm'];
    const logins = () => server.log().match(/Accepted publickey/g)?.length ?? 0;
    async function share(user: SshTarget): Promise<AsyncDisposable> {
      const of = ['-F', user.system?.configPath ?? ''];
      await run('ssh', [...of, '-o', 'StrictHostKeyChecking=no', '-M', '-N', '-f', 'gate']);
      return { [Symbol.asyncDispose]: async () => void (await run('ssh', [...of, '-O', 'exit', 'gate'])) };
    }

    it('does not log in a second time, and leaves the connection open', async () => {
      const user = await fromConfig(shared, filed());
      await using _master = await share(user);
      const before = logins();
      for (const hostKeys of [user.hostKeys, target.hostKeys]) {
        await using connection = await openSsh({ ...user, hostKeys });
        expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
        expect(server.hostKeyLine).toContain(connection.hostKey.base64);
      }
      expect(logins()).toBe(before);
      {
        await using _own = await openSsh(user, { isFresh: true });
      }
      expect(logins()).toBe(before + 1);
    });

    it('does not use a connection that may not have checked the host', async () => {
      const other = createEd25519KeyPair().publicKey;
      const cases: Array<[string[], string]> = [
        [[...shared, 'StrictHostKeyChecking no'], filed()],
        [shared, filed(other)],
      ];
      for (const [lines, knownHosts] of cases) {
        const user = await fromConfig(lines, knownHosts);
        await using _master = await share(user);
        const before = logins();
        // Our own login accepts the pinned key.
        await using _connection = await openSsh({ ...user, hostKeys: target.hostKeys });
        expect(logins()).toBe(before + 1);
      }
    });
  });

  it('is gone soon after the process that opened it was killed', async () => {
    const { mastersBefore, dir } = await killed;
    expect(mastersBefore).not.toEqual([]);
    await vi.waitFor(async () => expect(await mastersLeft(dir)).toEqual([]), { timeout: 12_000, interval: 250 });
    expect(await placesIn(dir)).toEqual([]);
    await rm(dir, { recursive: true });
  });
});
