// The proxies that infra/gateway has files for, each with its file in front of a gateway: skipped where the program is not installed.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { errnoOf, type Scope } from '@fairlead/kit';

export interface Certificate {
  certPath: string;
  keyPath: string;
}

export interface ProxyPlace extends Certificate {
  dir: string;
  port: number;
  gatewayPort: number;
}

export interface ProxyUnderTest {
  program: string;
  /** Whether it cuts the client's connection where the gateway cuts its own: Caddy before 2.7 ends it as if all had come. */
  passesCut: boolean;
  /** Writes its configuration, and returns its arguments. */
  prepare: (place: ProxyPlace) => Promise<string[]>;
}

const infra = new URL('../../../../infra/gateway/', import.meta.url);

export const proxies: readonly ProxyUnderTest[] = [
  {
    program: 'nginx',
    passesCut: true,
    async prepare({ dir, port, gatewayPort, certPath, keyPath }) {
      const site = (await readFile(new URL('nginx-site.conf', infra), 'utf8'))
        .replace('127.0.0.1:18080', `127.0.0.1:${gatewayPort}`)
        .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
        .replace('/etc/ssl/certs/gateway.pem', certPath)
        .replace('/etc/ssl/private/gateway.key', keyPath);
      await writeFile(join(dir, 'site.conf'), site);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${name};`,
      );
      const user = process.getuid?.() === 0 ? 'user root root;' : '';
      await writeFile(
        join(dir, 'nginx.conf'),
        `${user} daemon off; pid nginx.pid; error_log stderr; worker_processes 1; events {} http { access_log off; ${temporary.join(' ')} include site.conf; }`,
      );
      return ['-p', dir, '-c', 'nginx.conf', '-e', 'stderr'];
    },
  },
  {
    program: 'caddy',
    passesCut: false,
    async prepare({ dir, port, gatewayPort, certPath, keyPath }) {
      const site = (await readFile(new URL('Caddyfile', infra), 'utf8'))
        .replace('127.0.0.1:18080', `127.0.0.1:${gatewayPort}`)
        .replace('gateway.example.org {', `https://gateway.example.org:${port} {\n\ttls ${certPath} ${keyPath}`);
      const config = join(dir, 'Caddyfile');
      await writeFile(config, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
      return ['run', '--config', config, '--adapter', 'caddyfile'];
    },
  },
];

/** Debian's folder of daemons is in no ordinary user's PATH. */
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];

export function hasProgram(program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // In another folder, or in none.
      return false;
    }
  });
}

/** Resolves with its port when it takes connections. */
export async function openProxy(
  scope: Scope,
  { program, prepare }: ProxyUnderTest,
  place: Certificate & { dir: string; gatewayPort: number },
): Promise<number> {
  const [port, dir] = [await freePort(), join(place.dir, program)];
  await mkdir(dir);
  const args = await prepare({ ...place, dir, port });
  const env = { ...process.env, PATH: folders.join(':'), HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const proxy = spawn(program, args, { env, stdio: 'ignore' });
  scope.defer(async () => {
    const gone = once(proxy, 'exit');
    if (proxy.kill('SIGTERM')) await gone;
  });
  await answering(port);
  return port;
}

/** Its own authority, for `gateway.example.org`. */
export async function makeCertificate(dir: string): Promise<Certificate> {
  const [certPath, keyPath] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const name = ['-subj', '/CN=gateway.example.org', '-addext', 'subjectAltName=DNS:gateway.example.org'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...key, '-out', certPath, ...name]);
  return { certPath, keyPath };
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
