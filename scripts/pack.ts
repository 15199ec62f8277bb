// `pnpm pack:all`: builds the published packages and packs them into dist-packages/, as they would be uploaded.

import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const published = ['client', 'cli'] as const;

export type Published = (typeof published)[number];

/** Empties `into`, then resolves with the paths of the tarballs. */
export async function packAll(into: string): Promise<Record<Published, string>> {
  // A build from the cache does not remove older chunks.
  for (const name of published) await rm(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
  await pnpm(['run', 'build'], root);
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await Promise.all(published.map((name) => pnpm(['pack', '--pack-destination', into], join(root, 'packages', name))));
  const made = await readdir(into);
  const find = (name: Published) => join(into, made.find((file) => file.startsWith(`fairlead-${name}-`)) ?? name);
  return { client: find('client'), cli: find('cli') };
}

/** The pnpm that runs this process, else the one that the README names. */
async function pnpm(args: readonly string[], cwd: string): Promise<void> {
  const own = process.env['npm_execpath'] ?? '';
  if (/\.[cm]?js$/.test(own) && own.includes('pnpm')) await run(process.execPath, [own, ...args], { cwd });
  else if (/^pnpm(\.exe)?$/.test(basename(own))) await run(own, [...args], { cwd });
  else await run('npx', ['-y', 'pnpm@12', ...args], { cwd, shell: process.platform === 'win32' });
}

if (import.meta.main) {
  for (const path of Object.values(await packAll(join(root, 'dist-packages')))) console.log(path);
}
