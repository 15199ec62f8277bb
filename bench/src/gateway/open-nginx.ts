// nginx with one worker between a port and the origin, where this machine has it.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { errnoOf, type Scope } from '@fairlead/kit';

const program = 'nginx';
/** Debian's folder of daemons is in no ordinary user's PATH. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** Resolves with its port when it takes connections; undefined where there is no nginx. */
export async function openNginx(
  scope: Scope,
  { dir, socket }: { dir: string; socket: string },
): Promise<number | undefined> {
  const isThere = await promisify(execFile)(program, ['-v'], { env }).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const port = await freePort();
  const folder = join(dir, 'nginx');
  await mkdir(folder);
  await writeFile(join(folder, 'nginx.conf'), configOf(port, socket));
  const nginx = spawn(program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { env, stdio: 'ignore' });
  scope.defer(async () => {
    const gone = once(nginx, 'exit');
    if (nginx.kill('SIGTERM')) await gone;
  });
  await answering(port);
  return port;
}

function configOf(port: number, socket: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  // As root its workers would be another user, whom the socket is closed to.
  const user = process.getuid?.() === 0 ? 'user root root;' : '';
  return `
    ${user} daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; ${temporary.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://unix:${socket}:; proxy_http_version 1.1; proxy_set_header Connection close; }
      }
    }`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(port: number): Promise<void> {
  for (;;) {
    const tried = connect(port, '127.0.0.1');
    try {
      await once(tried, 'connect');
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ECONNREFUSED') throw error;
      await delay(20);
    } finally {
      tried.destroy();
    }
  }
}
