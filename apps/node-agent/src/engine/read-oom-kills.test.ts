import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counterFiles, readOomKills } from './read-oom-kills.ts';

describe('The count of kills for memory', () => {
  let scope: Scope;
  let dir: string;
  beforeEach(async () => {
    scope = new Scope();
    dir = await mkdtemp('/tmp/fa-oom-');
    scope.defer(() => rm(dir, { recursive: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  async function count(membership: string, files: Record<string, string>) {
    await writeFile(join(dir, 'membership'), membership);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, dirname(name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return readOomKills({ membership: join(dir, 'membership'), root: dir });
  }

  const task = '/system.slice/slurmstepd.scope/job_42/step_batch/user/task_0';
  const events = (kills: number) => `low 0\nhigh 0\nmax 12\noom 3\noom_kill ${kills}\noom_group_kill 0\n`;

  it("is that of the agent's own cgroup", async () => {
    expect(await count(`0::${task}\n`, { [`${task}/memory.events`]: events(2) })).toBe(2);
  });

  it("is that of the job's cgroup where the innermost have no memory controller, and of none above the job", async () => {
    const job = dirname(dirname(dirname(task)));
    expect(await count(`0::${task}\n`, { [`${job}/memory.events`]: events(1) })).toBe(1);
    await rm(join(dir, job), { recursive: true });
    expect(await count(`0::${task}\n`, { [`${dirname(job)}/memory.events`]: events(5) })).toBeUndefined();
  });

  it('is read from the memory controller of version 1', async () => {
    const path = '/slurm/uid_1000/job_42/step_batch/task_0';
    const membership = `9:name=systemd:/\n4:cpu,memory:${path}\n0::/\n`;
    const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n';
    expect(counterFiles(membership)[0]).toBe(`memory${path}/memory.oom_control`);
    expect(await count(membership, { [`memory${path}/memory.oom_control`]: control })).toBe(1);
  });

  it('is absent where nothing counts', async () => {
    expect(await readOomKills({ membership: join(dir, 'none'), root: dir })).toBeUndefined();
    expect(await count('no cgroup here\n\u0000', {})).toBeUndefined();
    expect(await count(`0::${task}\n`, { [`${task}/memory.events`]: 'odd' })).toBeUndefined();
  });
});
