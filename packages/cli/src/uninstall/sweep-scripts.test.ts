import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseSwept } from './sweep-host.ts';
import { sweepClusterScript } from './sweep-scripts.ts';

let folder = '';
let compiled = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-sweep-'));
  compiled = join(folder, 'scratch', `fairlead-cache-${process.getuid?.()}`);
});
afterEach(() => rm(folder, { recursive: true }));

async function sweep(mode: 'list' | 'remove', { scratch = join(folder, 'scratch'), nodes = '' } = {}) {
  const places = [join(folder, 'state'), join(folder, 'runtime'), 'a'.repeat(16), scratch, nodes];
  const { stdout } = await createLocalRunner().run(['sh', '-c', sweepClusterScript, 'sh', mode, ...places]);
  return parseSwept(stdout, 'login').map(({ kind, path, why }) => ({ kind, path, why }));
}

async function makeCompiled(): Promise<void> {
  await mkdir(join(compiled, 'vllm'), { recursive: true });
  await writeFile(join(compiled, 'vllm', 'kernel'), '');
}

describe('What engines have compiled in paths.scratch', () => {
  it('is listed, and removed with what is in it, where jobs run on the host itself', async () => {
    await makeCompiled();
    expect(await sweep('list')).toEqual([{ kind: 'removed', path: compiled, why: undefined }]);
    expect(existsSync(compiled)).toBe(true);
    await sweep('remove');
    expect(existsSync(compiled)).toBe(false);
    expect(await sweep('remove')).toEqual([]);
  });

  it('is named with what removes it where it may lie on disks of the nodes', async () => {
    const named = {
      kind: 'left',
      path: `${compiled} (on compute nodes)`,
      why: expect.stringContaining(`srun -w <node> rm -rf -- '${compiled}'`) as unknown,
    };
    expect(await sweep('remove', { nodes: 'nodes' })).toEqual([named]);
    await makeCompiled();
    expect(await sweep('remove', { nodes: 'nodes' })).toEqual([
      { kind: 'removed', path: compiled, why: undefined },
      named,
    ]);
    expect(await sweep('remove', { scratch: '', nodes: 'nodes' })).toEqual([]);
  });

  it('stays while a job of another bastion may use it', async () => {
    await makeCompiled();
    const [job, notes] = [
      join(folder, 'state', 'jobs', 'abcdefgh'),
      join(folder, 'state', 'keys', 'b'.repeat(16), 'users'),
    ];
    for (const directory of [job, notes]) await mkdir(directory, { recursive: true });
    for (const file of [join(job, 'spec.json'), join(notes, 'abcdefgh')]) await writeFile(file, '');
    expect(await sweep('remove')).toContainEqual({
      kind: 'left',
      path: compiled,
      why: 'jobs of another bastion may use it',
    });
    expect(existsSync(compiled)).toBe(true);
  });
});
