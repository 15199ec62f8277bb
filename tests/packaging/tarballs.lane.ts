import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findBundle } from '@fairlead/launch';
import { runOutside } from './run-outside.ts';

const root = join(import.meta.dirname, '..', '..');
const tarballs = inject('tarballs');

interface Unpacked {
  folder: string;
  /** Paths without the package folder, with `/`. */
  files: string[];
  manifest: Record<string, unknown>;
}

let dir = '';
const unpacked = new Map<string, Unpacked>();

async function unpack(tarball: string, into: string): Promise<Unpacked> {
  const parent = await mkdtemp(into);
  expect((await runOutside('tar', ['-xzf', tarball], { cwd: parent })).code).toBe(0);
  const folder = join(parent, 'package');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.replaceAll('\\', '/'));
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  return { folder, files: files.sort(), manifest };
}

function contents(name: string): Unpacked {
  const found = unpacked.get(name);
  if (!found) throw new Error(`${name} was not unpacked`);
  return found;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-unpacked-'));
  for (const [name, tarball] of Object.entries(tarballs)) unpacked.set(name, await unpack(tarball, join(dir, name)));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(['client', 'cli'] as const)('The tarball of %s', (name) => {
  it('holds only the build, the licence and the README', () => {
    const { files } = contents(name);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(
      files.filter(
        (file) => !/^(LICENSE|README\.md|package\.json|dist\/.+\.(d\.mts|mjs|txt|1)|dist\/bundles\/gate)$/.test(file),
      ),
    ).toEqual([]);
  });

  it('depends on no package of this workspace', () => {
    const { manifest } = contents(name);
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|fairlead-source/);
    expect(manifest['private']).toBeUndefined();
    expect(manifest['engines']).toEqual({ node: '>=22.18' });
    // Bundled packages are devDependencies; as dependencies, npm would install them for nothing.
    expect(Object.keys((manifest['dependencies'] as object | undefined) ?? {})).toEqual(
      name === 'client' ? ['zod'] : [],
    );
  });

  it('names no path of the machine that built it', async () => {
    const { folder, files } = contents(name);
    for (const file of files) {
      const text = await readFile(join(folder, file), 'utf8');
      for (const path of [root, `${homedir()}/`]) expect(text.includes(path), `${file} names ${path}`).toBe(false);
    }
  });

  it('passes publint and attw', async () => {
    const bin = join(root, 'node_modules', '.bin');
    const lint = await runOutside(join(bin, 'publint'), [tarballs[name], '--strict'], { cwd: dir });
    expect(lint, lint.stdout).toMatchObject({ code: 0, stdout: expect.stringContaining('All good!') });
    const types = await runOutside(join(bin, 'attw'), [tarballs[name], '--profile', 'esm-only'], { cwd: dir });
    expect(types.code, types.stdout).toBe(0);
    expect(types.stdout.includes('does not contain types')).toBe(name === 'cli');
  });
});

describe('The tarball of client', () => {
  it.each(['agent', 'engine-sim'] as const)(
    'holds the same %s as the CLI, so that jobs of both are equal',
    async (program) => {
      const [own, other] = await Promise.all(
        ['client', 'cli'].map((name) => readFile(join(contents(name).folder, 'dist', 'bundles', `${program}.mjs`))),
      );
      expect(own?.equals(other ?? Buffer.alloc(0))).toBe(true);
    },
  );

  it('brings the licences of what is inlined', async () => {
    const text = await readFile(join(contents('client').folder, 'dist', 'index.licenses.txt'), 'utf8');
    for (const inlined of ['ssh2', 'ws', 'yaml', 'cross-spawn'])
      expect(text).toMatch(new RegExp(`^${inlined} \\d+\\.\\d+\\.\\d+$`, 'm'));
  });
});

describe('The tarball of cli', () => {
  it('brings the licences of what is inlined', async () => {
    const { folder } = contents('cli');
    for (const [file, names] of [
      ['main.licenses.txt', ['commander', 'ssh2', 'yaml', 'zod']],
      ['bundles/agent.licenses.txt', ['ssh2', 'ws', 'pino']],
      ['bundles/control.licenses.txt', ['drizzle-orm', 'hono']],
      ['bundles/engine-sim.licenses.txt', ['prom-client']],
    ] as const) {
      const text = await readFile(join(folder, 'dist', file), 'utf8');
      for (const inlined of names) expect(text).toMatch(new RegExp(`^${inlined} \\d+\\.\\d+\\.\\d+$`, 'm'));
    }
  });

  it.each(['agent', 'control', 'engine-sim', 'gateway'] as const)(
    'holds the %s that a checkout makes, byte for byte: hosts that have the one need not be sent the other',
    async (program) => {
      const shipped = await readFile(join(contents('cli').folder, 'dist', 'bundles', `${program}.mjs`));
      const made = await findBundle(program, join(dir, 'cache'));
      expect(shipped.equals(await readFile(made.path))).toBe(true);
    },
  );

  it('is executable and begins with a #! line', async () => {
    const { folder, manifest } = contents('cli');
    const bin = join(folder, (manifest['bin'] as { fairlead: string }).fairlead);
    expect(await readFile(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    if (process.platform !== 'win32') expect((await stat(bin)).mode & 0o111).not.toBe(0);
  });
});
