// Our own SSH server for machines without sshd: one account, public keys from an authorized_keys file with the options
// that we use, commands, and unix sockets in both directions. No terminals, no sftp, no TCP forwarding.

import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { Scope } from '@fairlead/kit';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ServerConfig } from 'ssh2';
import { createTransport } from '../../connection/transport.ts';
import type { LocalSshServer, LocalSshServerOptions } from '../local-ssh-server.ts';
import { openServerFiles } from '../server-files.ts';
import { serveForwards } from './forwards.ts';
import { type KeyPolicy, pickKeyPolicy } from './key-policy.ts';
import { serveSession, signalGroup } from './session.ts';

export interface BuiltinSshServerOptions extends LocalSshServerOptions {
  /** PATH of the commands. Default: the system's directories. */
  path?: string;
  /** Default: the account's login shell. */
  shell?: string;
  /** The server asks for this code after the key, as a site with a second factor does (keyboard-interactive). */
  code?: string;
}

export async function openBuiltinSshServer(options: BuiltinSshServerOptions): Promise<LocalSshServer> {
  const scope = new Scope();
  try {
    const files = scope.use(await openServerFiles(options));
    const account = createAccount(files.authorizedKeysPath, options);
    const sockets = new Set<Socket>();
    const listener = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // ssh2 does not tell which socket a connection came over, so each socket has its own server.
      const ssh = new ssh2.Server(serverConfig(files.hostPrivateKey), (connection) =>
        serveConnection(connection, socket, account),
      );
      ssh.injectSocket(socket);
    });
    const dropSessions = async () => endAll(sockets, account.groups);
    scope.defer(dropSessions);
    scope.defer(() => void listener.close());
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return {
      kind: 'builtin',
      host: '127.0.0.1',
      port: address.port,
      user: account.username,
      hostKeyLine: files.hostKeyLine,
      authorizedKeysPath: files.authorizedKeysPath,
      dropSessions,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function createAccount(authorizedKeysPath: string, options: BuiltinSshServerOptions): Account {
  const { username, homedir, shell: loginShell } = userInfo();
  const shell = options.shell ?? loginShell ?? '/bin/sh';
  const path = options.path ?? '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
  return {
    authorizedKeysPath,
    username,
    home: homedir,
    shell,
    // SHLVL as with our sshd: else a bash whose input is a socket would read ~/.bashrc, too.
    code: options.code,
    env: { HOME: homedir, USER: username, LOGNAME: username, SHELL: shell, PATH: path, SHLVL: '1' },
    groups: new Set(),
  };
}

function serverConfig(hostPrivateKey: string): ServerConfig {
  return { hostKeys: [hostPrivateKey], ident: 'fairlead', keepaliveInterval: 5_000, keepaliveCountMax: 3 };
}

interface Account {
  authorizedKeysPath: string;
  username: string;
  home: string;
  shell: string;
  code: string | undefined;
  env: Readonly<Record<string, string>>;
  /** Process groups of running commands; they end with the server. */
  groups: Set<number>;
}

function serveConnection(connection: Connection, socket: Socket, account: Account): void {
  let policy: KeyPolicy | undefined;
  /** The policy of a key that was accepted while the code is still missing. */
  let waiting: KeyPolicy | undefined;
  const congestion = createTransport(socket);
  const forwards = serveForwards(connection, { policy: () => policy, congestion });
  connection.on('authentication', (context) => {
    if (waiting && context.method === 'keyboard-interactive') {
      return context.prompt([{ prompt: 'Code: ', echo: false }], ([answer]) => {
        if (answer !== account.code) return context.reject();
        policy = waiting;
        context.accept();
      });
    }
    authenticate(context, account).then(
      (granted) => {
        if (!granted) return context.reject(['publickey']);
        if (account.code !== undefined && isSigned(context)) {
          waiting = granted;
          return context.reject(['keyboard-interactive'], true);
        }
        policy = granted;
        context.accept();
      },
      () => context.reject(['publickey']),
    );
  });
  connection.on('session', (accept) => {
    serveSession(accept(), { ...account, forcedCommand: policy?.forcedCommand, congestion });
  });
  // The peer speaks no SSH, or hangs up in the middle.
  connection.on('error', () => socket.destroy());
  socket.once('close', () => forwards[Symbol.dispose]());
}

/** The key's policy if the key is authorized and, when the client has signed, the signature is valid. */
async function authenticate(context: AuthContext, account: Account): Promise<KeyPolicy | undefined> {
  if (context.method !== 'publickey' || !isSame(context.username, account.username)) return undefined;
  const text = await readFile(account.authorizedKeysPath, 'utf8');
  const policy = pickKeyPolicy(text, context.key.data.toString('base64'), new Date());
  const key = ssh2.utils.parseKey(context.key.data);
  if (!policy || key instanceof Error) return undefined;
  if (context.signature === undefined) return policy;
  const isOwn = context.blob !== undefined && key.verify(context.blob, context.signature, context.hashAlgo) === true;
  return isOwn ? policy : undefined;
}

/** Without a signature the client only asks whether the server would accept the key. */
function isSigned(context: AuthContext): boolean {
  return context.method === 'publickey' && context.signature !== undefined;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function endAll(sockets: Set<Socket>, groups: Set<number>): void {
  for (const socket of sockets) socket.destroy();
  for (const pid of groups) signalGroup(pid, 'SIGTERM');
}
