// The programs that are shipped as one file each. Their owners name them: `programs` in the package.json of an app or a package
// says with which file each one begins.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface ProgramSource {
  /** Absolute. */
  entry: string;
  /** The `src` folders of its owner and of all our packages that the owner uses; absolute. */
  folders: string[];
}

interface Manifest {
  name: string;
  programs?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  /** Only in what is published, which has our packages bundled in: they are among its devDependencies. */
  publishConfig?: object;
}

interface Owner {
  folder: string;
  manifest: Manifest;
}

/** Throws where no package.json names the program. */
export function sourceOfProgram(program: string): ProgramSource {
  const owners = ['apps', 'packages'].flatMap(ownersIn);
  const owner = owners.find(({ manifest }) => manifest.programs?.[program] !== undefined);
  const entry = owner?.manifest.programs?.[program];
  if (!owner || entry === undefined)
    throw new Error(`cannot find the program ${program} because no package.json has it among its programs`);
  const used = withDependencies(owner, new Map(owners.map((one) => [one.manifest.name, one])));
  return { entry: join(owner.folder, entry), folders: used.map(({ folder }) => join(folder, 'src')).sort() };
}

function ownersIn(group: string): Owner[] {
  return readdirSync(join(root, group)).flatMap((name) => {
    const folder = join(root, group, name);
    const file = join(folder, 'package.json');
    return existsSync(file) ? [{ folder, manifest: JSON.parse(readFileSync(file, 'utf8')) as Manifest }] : [];
  });
}

function withDependencies(owner: Owner, owners: ReadonlyMap<string, Owner>): Owner[] {
  const used = new Set([owner]);
  for (const { manifest } of used) {
    const { dependencies, devDependencies, publishConfig } = manifest;
    for (const name of Object.keys({ ...dependencies, ...(publishConfig && devDependencies) })) {
      const next = owners.get(name);
      if (next) used.add(next);
    }
  }
  return [...used];
}
