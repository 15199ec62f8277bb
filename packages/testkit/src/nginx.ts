// nginx with one worker before a unix socket, where this machine has it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { errnoOf, type Scope } from '@fairlead/kit';

import { freePort } from './free-port.ts';

export interface NginxOptions {
  /** Exists. Its files go into a folder `nginx` in it. */
  dir: string;
  /** The socket to which it passes all requests. */
  socket: string;
  /** Directives beside those that every configuration has, each with its semicolon. */
  http?: string;
  location?: string;
  maxConnections?: number;
}

const program = 'nginx';
/** Debian's folder of daemons is in no ordinary user's PATH. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
const dialIntervalMs = 20;

export function hasNginx(): Promise<boolean> {
  return promisify(execFile)(program, ['-v'], { env }).then(
    () => true,
    () => false,
  );
}

/** Resolves with its port of 127.0.0.1 when it takes connections; throws with its words when it ends before. The scope ends it. */
export async function openNginx(scope: Scope, options: NginxOptions): Promise<number> {
  const port = await freePort();
  const folder = join(options.dir, 'nginx');
  await mkdir(folder);
  await writeFile(join(folder, 'nginx.conf'), configOf(port, options));
  const nginx = spawn(program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  nginx.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  scope.defer(() => end(nginx));
  while (!(await takesConnections(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended: ${said}`);
    await delay(dialIntervalMs);
  }
  return port;
}

function configOf(port: number, { socket, http = '', location = '', maxConnections = 512 }: NginxOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  // As root its workers would be another user, whom the socket is closed to.
  const user = process.getuid?.() === 0 ? 'user root root;' : '';
  return `
    ${user} daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
    events { worker_connections ${maxConnections}; }
    http {
      access_log off; ${http} ${temporary.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://unix:${socket}:; ${location} }
      }
    }`;
}

async function end(nginx: ChildProcess): Promise<void> {
  const gone = once(nginx, 'exit');
  if (nginx.exitCode === null && nginx.kill('SIGTERM')) await gone;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ECONNREFUSED') throw error;
    return false;
  } finally {
    socket.destroy();
  }
}
