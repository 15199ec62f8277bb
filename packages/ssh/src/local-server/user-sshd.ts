// The system's own sshd, run as this user on a free port of the loopback interface, one process per connection
// (`sshd -i`): no other program can take the port, and the server stops listening when this process ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { errnoOf, errorText, Scope } from '@fairlead/kit';
import { sshError } from '../ssh-error.ts';
import type { LocalSshServer, LocalSshServerOptions } from './local-ssh-server.ts';
import { openServerFiles, type ServerFiles } from './server-files.ts';

export interface UserSshdOptions extends LocalSshServerOptions {
  /** Further sshd_config lines. They come first, so that they override ours. */
  extraConfig?: readonly string[];
  /** Called with what sshd prints on stderr. */
  onLog?: (text: string) => void;
  sshdPath?: string;
}

const sshdPlaces = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/opt/homebrew/sbin/sshd'];
/** Debian's sshd needs this directory when root runs it (https://bugs.debian.org/864190). */
const rootRunDir = '/run/sshd';

/** The absolute path of this machine's sshd; undefined when there is none. */
export async function findSshd(places: readonly string[] = sshdPlaces): Promise<string | undefined> {
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return undefined;
}

export async function openUserSshd(options: UserSshdOptions): Promise<LocalSshServer> {
  const sshdPath = options.sshdPath ?? (await findSshd());
  if (!sshdPath) {
    throw sshError('sshd_failed', 'cannot run an SSH server because this machine has no sshd', {
      hint: 'Install OpenSSH (Debian: apt-get install openssh-server), or use the builtin server.',
    });
  }
  const scope = new Scope();
  try {
    const files = scope.use(await openServerFiles(options));
    const configPath = join(options.dir, 'sshd_config');
    await writeFile(configPath, renderConfig(files, options.extraConfig ?? []), { mode: 0o600 });
    scope.defer(() => rm(configPath, { force: true }));
    const runDir = await ensureRunDir();
    if (runDir === 'made') scope.defer(removeRunDir);
    const sessions = new Set<ChildProcess>();
    const sshd = { sshdPath, configPath, onLog: options.onLog };
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      startSession(sshd, socket, sessions).catch((error: unknown) => {
        options.onLog?.(`the session could not start: ${errorText(error)}\n`);
        socket.destroy();
      });
    });
    scope.defer(() => endSessions(sessions));
    // Only stops listening: open sockets belong to their sessions, which end next.
    scope.defer(() => void server.close());
    const port = await listen(server);
    return {
      kind: 'sshd',
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      hostKeyLine: files.hostKeyLine,
      authorizedKeysPath: files.authorizedKeysPath,
      dropSessions: () => endSessions(sessions),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * StrictModes is off because the directory may be under /tmp. A pty is not allowed because a plain user cannot chown one. A bash
 * that sshd starts reads ~/.bashrc unless SHLVL says that it is not the outermost shell (shell.c of bash, SSH_SOURCE_BASHRC); a long
 * ~/.bashrc would slow each command by tenths of a second.
 */
function renderConfig(files: ServerFiles, extraConfig: readonly string[]): string {
  return [
    ...extraConfig,
    `HostKey ${quoted(files.hostKeyPath)}`,
    `AuthorizedKeysFile ${quoted(files.authorizedKeysPath)}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PubkeyAuthentication yes',
    'PermitRootLogin yes',
    'PermitTTY no',
    'PermitUserRC no',
    'PrintMotd no',
    'UseDNS no',
    'SetEnv SHLVL=1',
    'MaxSessions 100',
    'AllowStreamLocalForwarding yes',
    'AllowTcpForwarding yes',
    'StreamLocalBindUnlink no',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

function quoted(path: string): string {
  if (/["\n]/.test(path)) throw sshError('sshd_failed', `cannot tell sshd about ${path} because of its characters`);
  return `"${path}"`;
}

async function ensureRunDir(): Promise<'made' | 'there'> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return 'there';
  try {
    await mkdir(rootRunDir, { mode: 0o755 });
    return 'made';
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'there';
    throw error;
  }
}

async function removeRunDir(): Promise<void> {
  try {
    await rmdir(rootRunDir);
  } catch (error) {
    // Another sshd of this machine may use it, or have removed it.
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTEMPTY') throw error;
  }
}

interface Sshd {
  sshdPath: string;
  configPath: string;
  onLog: UserSshdOptions['onLog'];
}

/** Starts sshd again if it reports that the run directory is missing: another of our servers may have just removed it. */
async function startSession(sshd: Sshd, socket: Socket, sessions: Set<ChildProcess>): Promise<void> {
  socket.on('error', () => undefined);
  for (let turn = 0; turn < 3; turn += 1) {
    const child = spawn(sshd.sshdPath, ['-i', '-e', '-f', sshd.configPath], { stdio: [socket, socket, 'pipe'] });
    sessions.add(child);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      sshd.onLog?.(text);
    });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.once('error', (error) => {
      sshd.onLog?.(error.message);
      resolve();
    });
    child.once('close', resolve);
    await ended;
    sessions.delete(child);
    if (!said.includes('Missing privilege separation directory')) break;
    await ensureRunDir();
  }
  socket.destroy();
}

async function endSessions(sessions: Set<ChildProcess>): Promise<void> {
  await Promise.all(
    [...sessions].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }),
  );
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
