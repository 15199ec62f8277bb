// Real SSH servers for tests: the system's sshd or the builtin one, with a fresh key pair for the user and a target to log in with.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined, Scope } from '@fairlead/kit';
import ssh2 from 'ssh2';
import { createEd25519KeyPair } from './ed25519-key.ts';
import { openBuiltinSshServer } from './local-server/builtin/open-builtin-ssh-server.ts';
import type { LocalSshServer } from './local-server/local-ssh-server.ts';
import { findSshd, openUserSshd } from './local-server/user-sshd.ts';
import type { SshTarget } from './ssh-target.ts';
import { resolveSystemTarget } from './system-ssh/resolve-system-target.ts';

export { parseKnownHosts } from './host-key/known-hosts.ts';
export { type HostQuestion, type HostSettings, pickHostSettings } from './ssh-config/host-settings.ts';
export { parseJumpHosts } from './ssh-config/jump-hosts.ts';
export { readSshConfig } from './ssh-config/read-ssh-config.ts';
export { askSsh } from './system-ssh/ask-ssh.ts';
export { settingsFromSsh } from './system-ssh/settings-from-ssh.ts';

export interface TestSshOptions {
  /** Default: a new directory under the system's temporary one, removed at the end. */
  dir?: string;
  /** More lines for authorized_keys, after the user's own. */
  authorizedKeys?: readonly string[];
  /** The account's login shell, builtin only. Default /bin/sh: no start-up files of this machine. */
  shell?: string;
  /** The server asks for this code after the key, builtin only. */
  code?: string;
  /** sshd_config lines that override the usual ones; sshd only. */
  extraConfig?: readonly string[];
}

export interface TestSsh extends LocalSshServer {
  readonly dir: string;
  readonly userKeyFile: string;
  /** Logs in as this user, host key pinned. */
  readonly target: SshTarget;
  /** The same through the system's ssh. */
  systemTarget(): Promise<SshTarget>;
  /** What sshd has said so far. */
  log(): string;
}

export const hasSshd = async (): Promise<boolean> => (await findSshd()) !== undefined;

/** The system's own sshd where there is one, else the builtin server. */
export async function openAnyTestSsh(options: TestSshOptions = {}): Promise<TestSsh> {
  return openTestSsh((await hasSshd()) ? 'sshd' : 'builtin', options);
}

/** A key pair whose private half is encrypted, in OpenSSH's format. */
export function createLockedKeyPair(passphrase: string): { privateKey: string; publicKey: string } {
  const pair = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256, cipher: 'aes256-cbc', passphrase, rounds: 16 });
  return { privateKey: pair.private, publicKey: pair.public };
}

export function openTestSshd(options: TestSshOptions = {}): Promise<TestSsh> {
  return openTestSsh('sshd', options);
}

export async function openTestSsh(kind: LocalSshServer['kind'], options: TestSshOptions = {}): Promise<TestSsh> {
  const scope = new Scope();
  try {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'fl-')));
    if (options.dir === undefined) scope.defer(() => rm(dir, { recursive: true, force: true }));
    const pair = createEd25519KeyPair('the user');
    const userKeyFile = join(dir, 'user_key');
    await writeFile(userKeyFile, pair.privateKey, { mode: 0o600 });
    let text = '';
    const files = { dir, authorizedKeys: [pair.publicKey, ...(options.authorizedKeys ?? [])] };
    const server = scope.use(
      kind === 'builtin'
        ? await openBuiltinSshServer({
            ...files,
            shell: options.shell ?? '/bin/sh',
            ...defined({ code: options.code }),
          })
        : await openUserSshd({
            ...files,
            extraConfig: options.extraConfig ?? [],
            onLog: (more) => {
              text += more;
            },
          }),
    );
    return {
      ...server,
      dir,
      userKeyFile,
      target: {
        host: server.host,
        port: server.port,
        user: server.user,
        hostKeys: { kind: 'pinned', keys: [server.hostKeyLine] },
        auth: { identityFiles: [userKeyFile] },
      },
      async systemTarget() {
        const { host, port, user } = server;
        // Independent of the configuration of the user who runs the tests.
        const deps = { home: dir, env: process.env, sshConfigPath: '/dev/null' };
        const target = await resolveSystemTarget({ host, port, user, identityFile: userKeyFile }, deps);
        return { ...target, hostKeys: { kind: 'pinned', keys: [server.hostKeyLine] } };
      },
      log: () => text,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}
