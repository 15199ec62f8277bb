// Logging in and staying in touch: host keys, identities, jump hosts, networks that fail.

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { detach, Secret } from '@fairlead/kit';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEd25519KeyPair } from '../ed25519-key.ts';
import { joinStreams } from '../join-streams.ts';
import type { SshTarget } from '../ssh-target.ts';
import { openTestSsh, type TestSsh } from '../testing.ts';
import { openHole } from '../testing-hole.ts';
import { openSsh } from './open-ssh.ts';

let server: TestSsh;
beforeAll(async () => {
  server = await openTestSsh('builtin');
});
afterAll(() => server[Symbol.asyncDispose]());

const knownHosts = (file: string, more: object = {}): SshTarget => ({
  ...server.target,
  hostKeys: { kind: 'known-hosts', files: [file], ...more },
});
const nameOf = () => `[127.0.0.1]:${server.port}`;

/** The failure of a login that the server never answers, after its time limit. */
async function failureAtSilentHost(connectTimeoutMs: number): Promise<unknown> {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  try {
    await openSsh({ ...server.target, port, connectTimeoutMs });
    return undefined;
  } catch (error) {
    return error;
  } finally {
    silent.close();
  }
}

describe('openSsh and host keys', () => {
  it('logs in to a host that known_hosts has', async () => {
    const file = join(server.dir, 'kh-known');
    await writeFile(file, `${nameOf()} ${server.hostKeyLine}\n`);
    await using connection = await openSsh(knownHosts(file));
    expect(server.hostKeyLine).toContain(connection.hostKey.base64);
    expect(connection.hostKey.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it('refuses an unknown host without a terminal', async () => {
    await expect(openSsh(knownHosts('/nonexistent'))).rejects.toMatchObject({
      code: 'host_key_unknown',
      retryable: false,
      message: expect.stringContaining('SHA256:') as string,
    });
  });

  it('asks about an unknown host once, and remembers a yes', async () => {
    const file = join(server.dir, 'kh-asked');
    await writeFile(file, '# no newline at the end');
    const questions: unknown[] = [];
    const ask = async (question: unknown) => questions.push(question) > 0;
    const target = knownHosts(file, { ask, addTo: file });
    await using first = await openSsh(target);
    await using _second = await openSsh(target);
    expect(questions).toEqual([
      { host: '127.0.0.1', port: server.port, keyType: 'ssh-ed25519', fingerprint: first.hostKey.fingerprint },
    ]);
    expect(await readFile(file, 'utf8')).toBe(`# no newline at the end\n${nameOf()} ${server.hostKeyLine}\n`);
  });

  it('refuses the host after a no', async () => {
    const file = join(server.dir, 'kh-no');
    const login = openSsh(knownHosts(file, { ask: async () => false, addTo: file }));
    await expect(login).rejects.toMatchObject({ code: 'host_key_unknown' });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('waits longer than its time limit for a human', async () => {
    const connectTimeoutMs = 300;
    // Answers only after a login that began later has run into the same limit.
    const ask = async () => (await failureAtSilentHost(connectTimeoutMs)) !== undefined;
    await using connection = await openSsh({ ...knownHosts('/nonexistent', { ask }), connectTimeoutMs });
    expect(await connection.run('exit 0')).toMatchObject({ code: 0 });
  });

  it('refuses a changed host and names the line, without asking', async () => {
    const file = join(server.dir, 'kh-changed');
    const other = createEd25519KeyPair().publicKey;
    await writeFile(file, `# one\n${nameOf()} ${other}\n`);
    const ask = async () => true;
    await expect(openSsh(knownHosts(file, { ask }))).rejects.toMatchObject({
      code: 'host_key_changed',
      retryable: false,
      message: expect.stringContaining(`${file}:2`) as string,
    });
  });

  it('refuses a host with another key than the pinned one', async () => {
    const other = createEd25519KeyPair().publicKey;
    const login = openSsh({ ...server.target, hostKeys: { kind: 'pinned', keys: [other] } });
    await expect(login).rejects.toMatchObject({ code: 'host_key_changed' });
  });
});

describe('openSsh and identities', () => {
  const withAuth = (auth: SshTarget['auth']): SshTarget => ({ ...server.target, auth });
  const addKey = async (publicKey: string) => {
    const text = await readFile(server.authorizedKeysPath, 'utf8');
    await writeFile(server.authorizedKeysPath, `${text}${publicKey.trim()}\n`);
  };

  it('names the keys that the server did not accept, without key material', async () => {
    const file = join(server.dir, 'stranger');
    await writeFile(file, createEd25519KeyPair().privateKey);
    const failure = await openSsh(withAuth({ identityFiles: [file, '/nonexistent'] })).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'auth_failed',
      retryable: false,
      message: expect.stringContaining(file) as string,
    });
    expect(JSON.stringify(failure)).not.toContain('PRIVATE KEY');
  });

  it('names the files that it looked at when there is no key', async () => {
    const login = openSsh(withAuth({ identityFiles: ['/nonexistent/id'] }));
    await expect(login).rejects.toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('/nonexistent/id') as string,
    });
  });

  it('logs in with the second key when the server does not know the first', async () => {
    const file = join(server.dir, 'stranger2');
    await writeFile(file, createEd25519KeyPair().privateKey);
    await using connection = await openSsh(withAuth({ identityFiles: [file, server.userKeyFile] }));
    expect(await connection.run('exit 0')).toMatchObject({ code: 0 });
  });

  it.each(['rsa', 'ecdsa'] as const)('logs in with an %s key', async (type) => {
    const { privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: type === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' }).toString();
    const parsed = ssh2.utils.parseKey(pem);
    if (parsed instanceof Error) throw parsed;
    await addKey(`${parsed.type} ${parsed.getPublicSSH().toString('base64')}`);
    await using connection = await openSsh(withAuth({ privateKey: new Secret(pem) }));
    expect(await connection.run('exit 0')).toMatchObject({ code: 0 });
  });

  it('asks for a passphrase only when the server wants the key', async () => {
    const options = { bits: 2048, passphrase: 'open sesame', cipher: 'aes256-ctr', rounds: 4 };
    const [wanted, stranger] = [1, 2].map(() => ssh2.utils.generateKeyPairSync('rsa', options));
    const files = [join(server.dir, 'locked-stranger'), join(server.dir, 'locked')];
    await writeFile(files[0] ?? '', stranger?.private ?? '');
    await writeFile(files[1] ?? '', wanted?.private ?? '');
    await addKey(wanted?.public ?? '');
    const asked: string[] = [];
    const askPassphrase = async (file: string) => {
      asked.push(file);
      return 'open sesame';
    };
    await using _connection = await openSsh(withAuth({ identityFiles: files, askPassphrase }));
    expect(asked).toEqual([files[1]]);
    await expect(openSsh(withAuth({ identityFiles: files }))).rejects.toMatchObject({ code: 'passphrase_needed' });
    const wrong = openSsh(withAuth({ identityFiles: files, askPassphrase: async () => 'wrong' }));
    await expect(wrong).rejects.toMatchObject({
      code: 'passphrase_needed',
      message: expect.stringContaining('wrong') as string,
    });
  });

  it('dials again after a person was asked, because the server may have hung up meanwhile', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      // Without the public half, so that the passphrase is needed before the login.
      privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' },
    });
    const file = join(server.dir, 'locked-pem');
    await writeFile(file, privateKey);
    const parsed = ssh2.utils.parseKey(privateKey, 'open sesame');
    if (parsed instanceof Error) throw parsed;
    await addKey(`${parsed.type} ${parsed.getPublicSSH().toString('base64')}`);
    const dialled = Promise.withResolvers<Socket>();
    const impatient = createServer((socket) => {
      dialled.resolve(socket);
      detach(joinStreams(socket, connectTcp(server.port, '127.0.0.1')));
    }).listen(0, '127.0.0.1');
    await once(impatient, 'listening');
    const { port } = impatient.address() as AddressInfo;
    const askPassphrase = async () => {
      const socket = await dialled.promise;
      socket.destroy();
      await once(socket, 'close');
      return 'open sesame';
    };
    const target = { ...withAuth({ identityFiles: [file], askPassphrase }), port };
    await using connection = await openSsh(target);
    expect(await connection.run('exit 0')).toMatchObject({ code: 0 });
    impatient.close();
  });

  it('reports an ssh-agent that cannot be reached', async () => {
    const login = openSsh(withAuth({ agentSocket: '/nonexistent/agent.sock' }));
    await expect(login).rejects.toMatchObject({ code: 'agent_unavailable' });
  });

  it('reports a key file that holds no key', async () => {
    const file = join(server.dir, 'nonsense');
    await writeFile(file, 'nonsense');
    await expect(openSsh(withAuth({ identityFiles: [file] }))).rejects.toMatchObject({ code: 'key_unreadable' });
    await rm(file);
  });
});

describe('openSsh and the network', () => {
  it('goes through a jump host, and ends with it', async () => {
    const hops = await openTestSsh('sshd').catch(() => undefined);
    if (!hops) return;
    await using jumpServer = hops;
    const target: SshTarget = { ...server.target, jump: jumpServer.target };
    {
      await using connection = await openSsh(target);
      expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
    }
    await using connection = await openSsh(target);
    await jumpServer.dropSessions();
    expect(await connection.closed).toMatchObject({ code: 'connection_lost' });
  });

  it('names the host that the jump host cannot reach', async () => {
    const hops = await openTestSsh('sshd').catch(() => undefined);
    if (!hops) return;
    await using jumpServer = hops;
    const login = openSsh({ ...server.target, port: 1, jump: jumpServer.target });
    await expect(login).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });

  it('tells a refused connection, an unknown name and a silent host apart', async () => {
    await expect(openSsh({ ...server.target, port: 1 })).rejects.toMatchObject({ code: 'refused', retryable: true });
    await expect(openSsh({ ...server.target, host: 'nowhere.invalid' })).rejects.toMatchObject({ code: 'dns' });
    expect(await failureAtSilentHost(100)).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('reports a server that hangs up at once, and one that speaks no SSH', async () => {
    for (const answer of ['', 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
      const rude = createServer((socket) => socket.end(answer)).listen(0, '127.0.0.1');
      await once(rude, 'listening');
      const { port } = rude.address() as AddressInfo;
      await expect(openSsh({ ...server.target, port })).rejects.toMatchObject({
        code: 'connection_lost',
        hint: expect.stringContaining('MaxStartups') as string,
      });
      rude.close();
    }
  });

  it('stops at once when aborted', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const abort = new AbortController();
    const login = openSsh({ ...server.target, port }, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(login).rejects.toThrow('enough');
    silent.close();
  });

  it('notices a black hole, and every wait ends with it', async () => {
    await using hole = await openHole(server.port);
    const target = { ...server.target, port: hole.port };
    // A busy machine may be silent for some tenths of a second by itself.
    const connection = await openSsh(target, { keepaliveMs: 500, keepaliveCountMax: 2 });
    const path = join(server.dir, 'hole.sock');
    await connection.listen(path, (stream) => stream.on('data', () => undefined));
    const stream = await connection.dial(path);
    const streamClosed = new Promise((resolve) => stream.once('close', resolve));
    hole.swallow();
    const startedMs = performance.now();
    const waits = [
      connection.run('echo never'),
      connection.dial(path, { timeoutMs: 60_000 }),
      connection.listen(join(server.dir, 'never.sock'), () => undefined, { timeoutMs: 60_000 }),
    ].map(async (wait) => wait.catch((error: unknown) => error));
    expect(await connection.closed).toMatchObject({ code: 'connection_lost', retryable: true });
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    for (const wait of waits) expect(await wait).toMatchObject({ code: 'connection_lost' });
    await streamClosed;
    await connection[Symbol.asyncDispose]();
  });

  it('stays up while nothing but keepalive happens', async () => {
    // Lost after a second without an answer, which is longer than the pauses of a busy machine.
    await using connection = await openSsh(server.target, { keepaliveMs: 100, keepaliveCountMax: 10 });
    const first = await Promise.race([
      connection.closed.then(() => 'closed'),
      connection.run('sleep 2').then(() => 'up'),
    ]);
    expect(first).toBe('up');
  });

  it('notices a reset at once', async () => {
    await using hole = await openHole(server.port);
    const connection = await openSsh({ ...server.target, port: hole.port });
    const startedMs = performance.now();
    hole.reset();
    expect(await connection.closed).toMatchObject({ code: 'connection_lost' });
    // By the reset, long before three questions without an answer, 15 s each.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await connection[Symbol.asyncDispose]();
  });
});
