import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseYamlObject } from './config-sources.ts';
import { type ConfigNotes, renderConfig, writeConfig } from './write-config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const config = {
  defaultCluster: 'tb',
  bastion: { fromLaptop: { host: 'b' } },
  clusters: { tb: { login: { host: 'l' }, prologue: ['module load x'] } },
};

describe('A written configuration', () => {
  it('has the given settings, and begins with a pointer to the documentation', () => {
    const text = renderConfig(undefined, config);
    expect(parseYamlObject(text, 'x')).toEqual(config);
    expect(text).toMatch(/^# .*Fairlead/);
  });

  it("keeps the user's comments and order", () => {
    const before = '# mine\nclusters: # all of them\n  tb:\n    login: { host: old } # the login node\n';
    const after = renderConfig(before, config);
    expect(after).toContain('# mine');
    expect(after).toContain('# the login node');
    expect(parseYamlObject(after, 'x')).toEqual(config);
  });

  it('is not written when nothing changes', async () => {
    const path = join(folder, 'sub', 'config.yaml');
    expect(await writeConfig(path, config)).toBe(true);
    const before = await readFile(path, 'utf8');
    expect(await writeConfig(path, config)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  const notes: ConfigNotes = {
    head: 'first',
    tail: 'last\n  a: 1',
    keys: { bastion: 'both reach it', 'clusters.tb': 'found', 'clusters.tb.login': 'takes sbatch' },
  };

  it.skipIf(process.platform === 'win32')('stays a link if it was one', async () => {
    const [real, link] = [join(folder, 'dotfiles.yaml'), join(folder, 'config.yaml')];
    await writeFile(real, '# mine\n');
    await symlink(real, link);
    expect(await writeConfig(link, config)).toBe(true);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(parseYamlObject(await readFile(real, 'utf8'), 'x')).toEqual(config);
  });

  it('that cannot be written is reported by its path, and leaves no temporary file', async () => {
    await writeFile(join(folder, 'f'), 'a file where a folder would be');
    const under = join(folder, 'f', 'config.yaml');
    await expect(writeConfig(under, config)).rejects.toMatchObject({
      code: 'config_unwritable',
      message: expect.stringContaining(under) as unknown,
    });
    expect(await readdir(folder)).toEqual(['f']);
  });

  it('has a comment above each section of a new file', () => {
    const text = renderConfig(undefined, config, notes);
    expect(text).toBe(`# first

defaultCluster: tb

# both reach it
bastion:
  fromLaptop:
    host: b
clusters:
  # found
  tb:
    # takes sbatch
    login:
      host: l
    prologue:
      - module load x

# last
#   a: 1
`);
    expect(renderConfig(text, config, notes)).toBe(text);
  });

  it('has comments for new settings, and does not change the text of the user', () => {
    const before = 'bastion:   {fromLaptop: {host: b}}\nclusters:\n  tb:\n    login:   { host: l }\n';
    expect(renderConfig(before, { bastion: config.bastion }, notes)).toBe(before);
    const after = renderConfig(
      before,
      { clusters: { tb: { gpu: { type: 'a100' } } } },
      {
        ...notes,
        keys: { ...notes.keys, 'clusters.tb.gpu': 'how' },
      },
    );
    expect(after).toContain('    # how\n    gpu:\n      type: a100\n');
    expect(after).not.toContain('both reach it');
    expect(after).not.toContain('# first');
  });
});
