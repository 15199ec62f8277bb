// Listens as vLLM does: binds the address first and refuses connections until the engine is ready; leaves the file of
// a unix socket behind when the server ends.

import { lstat, rename, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { errnoOf, errorText } from '@fairlead/kit';
import { SimError, type SimErrorCode } from './sim-error.ts';

export type ListenAddress = { uds: string } | { host: string; port: number };

/** sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS, with a NUL at the end. */
const maxPathBytes = process.platform === 'darwin' ? 103 : 107;

/** Binds the address. Throws if it is in use. Connections are refused until `listenOn`. */
export async function reserveAddress(address: ListenAddress): Promise<ListenAddress> {
  const placeholder = createServer();
  if (!('uds' in address)) {
    const port = await listenTcp(placeholder, address);
    await closed(placeholder);
    return { host: address.host, port };
  }
  const { uds } = address;
  if (Buffer.byteLength(uds) > maxPathBytes)
    throw new SimError(
      'sim.address_too_long',
      `cannot listen on ${uds} because the path has over ${maxPathBytes} bytes`,
    );
  if (await exists(uds))
    throw new SimError('sim.address_in_use', `cannot listen on ${uds} because it is there already`);
  await rename(await bindSibling(placeholder, uds), uds);
  await closed(placeholder);
  return address;
}

/** Listens on an address from `reserveAddress`. Closing the server leaves the file of a unix socket. */
export async function listenOn(server: Server, address: ListenAddress): Promise<void> {
  if (!('uds' in address)) {
    await listenTcp(server, address);
    return;
  }
  // When the server closes, Node unlinks the name that it has bound, which is the sibling's.
  await rename(await bindSibling(server, address.uds), address.uds);
}

async function listenTcp(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  await listening(server, `${host}:${port}`, () => server.listen({ host, port, backlog: 2048 }));
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : port;
}

/** Binds a name of the same length in the same directory, and returns it. */
async function bindSibling(server: Server, path: string): Promise<string> {
  const name = basename(path);
  const sibling = join(dirname(path), name.slice(0, -1) + (name.endsWith('~') ? '-' : '~'));
  await checkDirectory(dirname(path));
  await removeStaleSocket(sibling);
  await listening(server, path, () => server.listen({ path: sibling, backlog: 2048 }));
  return sibling;
}

/** libuv reports EACCES for a missing directory (uv__unix_bind). */
async function checkDirectory(directory: string): Promise<void> {
  if (!(await exists(directory)))
    throw new SimError('sim.address_missing', `cannot listen in ${directory} because it is missing`);
}

/** Removes the files of a simulator that was killed between its two steps. */
async function removeStaleSocket(path: string): Promise<void> {
  if ((await exists(path)) && (await lstat(path)).isSocket()) await unlink(path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw listenError(path, error);
  }
}

async function listening(server: Server, name: string, listen: () => void): Promise<void> {
  const ready = once(server, 'listening');
  listen();
  try {
    await ready;
  } catch (error) {
    throw listenError(name, error);
  }
}

async function closed(server: Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  await done;
}

const codes: Record<string, SimErrorCode> = {
  EADDRINUSE: 'sim.address_in_use',
  EACCES: 'sim.address_denied',
  EPERM: 'sim.address_denied',
  EADDRNOTAVAIL: 'sim.address_missing',
};

function listenError(name: string, cause: unknown): unknown {
  const code = codes[errnoOf(cause) ?? ''];
  if (!code) return cause;
  return new SimError(code, `cannot listen on ${name} because of the system: got ${errorText(cause)}`, { cause });
}
