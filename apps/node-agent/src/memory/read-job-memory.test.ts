import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryReader, readJobMemory } from './read-job-memory.ts';

describe("The memory of the job's cgroup", () => {
  let scope: Scope;
  let dir: string;
  beforeEach(async () => {
    scope = new Scope();
    dir = await mkdtemp('/tmp/fa-memory-');
    scope.defer(() => rm(dir, { recursive: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  const paths = () => ({ membership: join(dir, 'membership'), mounts: join(dir, 'mounts') });

  async function read(own: { membership: string; mount: string }, files: Record<string, string>) {
    await writeFile(paths().membership, own.membership);
    await writeFile(paths().mounts, own.mount);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, dirname(name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return readJobMemory(paths());
  }

  const job = '/system.slice/slurmstepd.scope/job_42';
  const step = `${job}/step_0/user/task_0`;
  const unified = () => ({
    membership: `0::${step}\n`,
    mount: `30 23 0:26 / ${dir} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`,
  });

  it('is that of the group that is nearest to its limit, without page cache', async () => {
    const stat = (anon: number) => `anon ${anon}\nfile 900\nshmem 10\ninactive_file 900\n`;
    const found = await read(unified(), {
      [`${step}/memory.max`]: 'max\n',
      [`${step}/memory.stat`]: stat(50),
      [`${job}/step_0/memory.max`]: '1000\n',
      [`${job}/step_0/memory.stat`]: stat(60),
      [`${job}/memory.max`]: '200\n',
      [`${job}/memory.stat`]: stat(80),
    });
    expect(found).toEqual({ heldBytes: 90, limitBytes: 200 });
  });

  it('is read from the controller of version 1, with the limit of the groups above', async () => {
    const path = '/slurm/uid_1000/job_42/step_0';
    const own = {
      membership: `4:cpu,memory:${path}\n0::/\n`,
      mount: `35 31 0:32 / ${dir} rw,relatime - cgroup cgroup rw,memory\n`,
    };
    const stat = 'cache 900\nrss 1\nhierarchical_memory_limit 100\ntotal_cache 900\ntotal_rss 70\ntotal_shmem 5\n';
    expect(await read(own, { [`${path}/memory.stat`]: stat })).toEqual({ heldBytes: 75, limitBytes: 100 });
    const none = stat.replace('limit 100', 'limit 9223372036854771712');
    expect(await read(own, { [`${path}/memory.stat`]: none })).toBeUndefined();
  });

  it('is not known where no group has a limit', async () => {
    expect(await read(unified(), { [`${step}/memory.max`]: 'max\n', [`${step}/memory.stat`]: 'anon 5\n' })).toBe(
      undefined,
    );
    expect(await read({ membership: '', mount: '' }, {})).toBeUndefined();
  });

  it('is read again from the groups that were found once, and they are looked for until one is found', async () => {
    const again = createMemoryReader(paths());
    expect(await again()).toBeUndefined();
    const stat = (anon: number) => ({ [`${step}/memory.max`]: '100\n', [`${step}/memory.stat`]: `anon ${anon}\n` });
    await read(unified(), stat(1));
    expect(await again()).toEqual({ heldBytes: 1, limitBytes: 100 });
    await read({ membership: '', mount: '' }, stat(2));
    expect(await again()).toEqual({ heldBytes: 2, limitBytes: 100 });
  });
});
