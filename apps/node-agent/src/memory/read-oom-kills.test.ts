import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryGroups } from './memory-groups.ts';
import { counterFile, readOomKills } from './read-oom-kills.ts';

describe('The count of kills for memory', () => {
  let scope: Scope;
  let dir: string;
  beforeEach(async () => {
    scope = new Scope();
    dir = await mkdtemp('/tmp/fa-oom-');
    scope.defer(() => rm(dir, { recursive: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  const unified = (root = '/') => `30 23 0:26 ${root} ${dir} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`;
  const memory = (root = '/') => `35 31 0:32 ${root} ${dir} rw,relatime - cgroup cgroup rw,memory\n`;

  async function count(own: { membership: string; mounts: string }, files: Record<string, string>) {
    const paths = { membership: join(dir, 'membership'), mounts: join(dir, 'mounts') };
    await writeFile(paths.membership, own.membership);
    await writeFile(paths.mounts, own.mounts);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, dirname(name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return readOomKills(paths);
  }

  const task = '/system.slice/slurmstepd.scope/job_42/step_batch/user/task_0';
  const membership = `0::${task}\n`;
  const events = (kills: number) => `low 0\nhigh 0\nmax 12\noom 3\noom_kill ${kills}\noom_group_kill 0\n`;

  it("is that of the agent's own cgroup", async () => {
    expect(await count({ membership, mounts: unified() }, { [`${task}/memory.events`]: events(2) })).toBe(2);
  });

  it("is that of the job's cgroup where the innermost have no memory controller, and of none above the job", async () => {
    const job = dirname(dirname(dirname(task)));
    const own = { membership, mounts: unified() };
    expect(await count(own, { [`${job}/memory.events`]: events(1) })).toBe(1);
    await rm(join(dir, job), { recursive: true });
    expect(await count(own, { [`${dirname(job)}/memory.events`]: events(5) })).toBeUndefined();
  });

  it.each(['/', '/nodes/node1'])('is read from the memory controller of version 1, mounted from %s', async (root) => {
    const path = '/slurm/uid_1000/job_42/step_batch';
    const whole = root === '/' ? path : `${root}${path}`;
    const own = { membership: `9:name=systemd:/\n4:cpu,memory:${whole}\n0::/\n`, mounts: memory(root) };
    const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n';
    expect(memoryGroups(own.membership, own.mounts).map(counterFile)).toEqual([`${dir}${path}/memory.oom_control`]);
    expect(await count(own, { [`${path}/memory.oom_control`]: control })).toBe(1);
  });

  it('is absent where nothing counts', async () => {
    expect(await readOomKills({ membership: join(dir, 'none'), mounts: join(dir, 'none') })).toBeUndefined();
    expect(await count({ membership: 'no cgroup\n\u0000', mounts: 'none - \n' }, {})).toBeUndefined();
    expect(await count({ membership, mounts: unified('/elsewhere') }, {})).toBeUndefined();
    expect(await count({ membership, mounts: unified() }, { [`${task}/memory.events`]: 'odd' })).toBeUndefined();
  });
});
