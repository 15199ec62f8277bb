// Sites with an unusual Slurm: several clusters, a hidden partition, a limit on queries of the queue, a job that
// ended without a record. Tests doctor, deploy, status and stop there.

import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type CareWorld, openCareWorld } from './care-world.ts';
import { slurmScripts } from './care-slurm-scripts.ts';

const timeoutMs = 60_000;

let care: CareWorld;
let dir: string;
beforeAll(async () => {
  care = await openCareWorld();
  dir = join(care.world.dir, 'slurm');
  await mkdir(join(dir, 'plain'));
  for (const name of Object.keys(slurmScripts)) await rename(join(dir, name), join(dir, 'plain', name));
  await symlink('../jobs', join(dir, 'plain', 'jobs'));
  await Promise.all(Object.keys(slurmScripts).map((name) => command(name, 'exec "$plain" "$@"')));
  // Prepares the bastion, and keeps the job's key in use, so that no test has to make and remove it.
  expect((await care.world.json('deploy', 'demo', '--name', 'kept', '--no-wait')).code).toBe(0);
}, timeoutMs);
afterAll(() => care?.[Symbol.asyncDispose]());
beforeEach(() => Promise.all(Object.keys(slurmScripts).map((name) => command(name, 'exec "$plain" "$@"'))));

/** Replaces one command of this site; `$plain` is the command of the scripted Slurm. */
async function command(name: string, body: string): Promise<void> {
  const path = join(dir, name);
  const head = `#!/bin/sh\ndir=\${0%/*} plain=\${0%/*}/plain/${name}\necho "$*" >>"$dir/calls-${name}"\n`;
  await writeFile(`${path}.new`, `${head}${body}\n`);
  await chmod(`${path}.new`, 0o755);
  await rename(`${path}.new`, path);
}

async function calls(name: string): Promise<string[]> {
  const text = await readFile(join(dir, `calls-${name}`), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

async function jobOf(name: string) {
  return (await care.slurm.jobs()).find((job) => job.name.startsWith(`fl-${name}-`));
}

async function endedAs(id: string, state: string, log: string): Promise<void> {
  const path = join(dir, 'jobs', id);
  const [, name, workDir = '', script] = (await readFile(path, 'utf8')).trim().split('|');
  await writeFile(path, `${state}|${name}|${workDir}|${script}\n`);
  await writeFile(join(workDir, 'job.log'), log);
}

describe('A job that another cluster of the site took', () => {
  const there = (then: string) => `case " $* " in
  *' --clusters=nautilus '*) echo "CLUSTER: nautilus"; shift; ${then} ;;
  *) echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1 ;;
esac`;
  const several = async (sbatch: string) => {
    for (const name of ['squeue', 'scancel', 'scontrol', 'sacct']) await command(name, there('exec "$plain" "$@"'));
    await command('sbatch', sbatch);
  };

  it.each([
    ['by a directive of the configuration', 'directed', ['--set', 'slurm.extra=["#SBATCH --clusters=nautilus"]']],
    ['by slurm.cluster', 'set', ['--set', 'slurm.cluster=nautilus']],
  ])(
    '%s is found there again by status and stop, whatever the configuration says then',
    async (_how, name, settings) => {
      await several(
        there('case " $* " in *--test-only*) exec "$plain" "$@" ;; esac; echo "$("$plain" "$@");nautilus"'),
      );
      const deployed = await care.world.json('deploy', 'demo', '--name', name, '--no-wait', ...settings);
      expect(deployed.code).toBe(0);
      const status = await care.world.json('status', name);
      expect(status.stderr).toBe('');
      expect(status.last).toMatchObject({ deployment: { instances: [{ state: { status: 'queued' } }] } });
      expect((await care.world.json('stop', name)).code).toBe(0);
      expect((await jobOf(name))?.state).toBe('CANCELLED');
    },
    timeoutMs,
  );

  it(
    'by the site itself, which sbatch tells in its answer, is stopped there',
    async () => {
      const asked = 'case " $* " in *--test-only*) exec "$plain" "$@" ;; esac';
      await several(`${asked}; echo "Submitted batch job $("$plain" "$@") on cluster nautilus"`);
      await command('squeue', `case " $* " in *' --name='*) exit 0 ;; esac\n${there('exec "$plain" "$@"')}`);
      expect((await care.world.json('deploy', 'demo', '--name', 'sent', '--no-wait')).code).toBe(0);
      expect((await care.world.json('stop', 'sent')).code).toBe(0);
      expect((await jobOf('sent'))?.state).toBe('CANCELLED');
    },
    timeoutMs,
  );
});

describe('A hidden partition', () => {
  const shown = (then: string) => `case " $* " in *' -a '* | *' --all '*) ${then} ;; *) exit 0 ;; esac`;

  it(
    'hides no job: the job whose answer was lost is found, not submitted twice, and stays in sight',
    async () => {
      await command('squeue', shown('exec "$plain" "$@"'));
      await writeFile(join(dir, 'plain', 'lose-sbatch'), '');
      const { code } = await care.world.json('deploy', 'demo', '--name', 'dark', '--no-wait');
      await rm(join(dir, 'plain', 'lose-sbatch'));
      expect(code).toBe(0);
      expect((await care.slurm.jobs()).filter((job) => job.name.startsWith('fl-dark-'))).toHaveLength(1);
      const { last } = await care.world.json('status', 'dark');
      expect(last).toMatchObject({ deployment: { instances: [{ state: { status: 'queued' } }] } });
    },
    timeoutMs,
  );

  it(
    'is seen by doctor, which looks in slurm.binDir and says that the type of its GPUs cannot be checked',
    async () => {
      await command(
        'sinfo',
        `case $* in *--version*) echo "slurm 22.05.8"; exit 0 ;; esac
${shown('echo "dark|up|1-00:00:00|30:00|2|idle|8|32000|gpu:4(S:0-1)|ib"')}`,
      );
      await command(
        'scontrol',
        shown(`case $* in
  *'show config'*) echo "ClusterName = tb" ;;
  *'show partition'*) echo "PartitionName=dark AllowAccounts=ALL State=UP" ;;
esac`),
      );
      await command('sacctmgr', 'exit 1');
      const settings = ['--set', 'slurm.partition=dark', '--set', 'gpu.type=a100'];
      const { lines } = await care.world.json('doctor', '--no-job', ...settings);
      const check = (id: string) => lines.find((line) => line['id'] === id);
      expect(check('slurm.commands')).toMatchObject({ status: 'ok', found: expect.stringContaining(dir) as unknown });
      expect(check('slurm.partition')).toMatchObject({
        status: 'ok',
        found: expect.stringContaining('dark') as unknown,
      });
      expect(check('slurm.gpu')).toMatchObject({
        status: 'warn',
        found: expect.stringContaining('the type a100 cannot be checked') as unknown,
      });
    },
    timeoutMs,
  );
});

describe('A job that ended without a word of its agent', () => {
  it(
    'is a failure to explain, though Slurm calls it COMPLETED',
    async () => {
      const notice =
        'slurmstepd: error: *** STEP 1.0 ON nid0042 CANCELLED AT 2026-05-04T10:11:12 DUE TO TASK FAILURE ***';
      await endedAs((await jobOf('dark'))?.id ?? '', 'COMPLETED', `Traceback\n${notice}\n`);
      const { last } = await care.world.json('status', 'dark');
      expect(last).toMatchObject({
        deployment: {
          instances: [
            {
              state: {
                status: 'failed',
                cause: {
                  code: 'job_ended',
                  message: expect.stringContaining('though Slurm calls it COMPLETED') as unknown,
                  lastLines: ['Traceback', notice],
                },
              },
            },
          ],
        },
      });
    },
    timeoutMs,
  );

  it(
    'and without records is said to be gone, once, with the reason that there are none',
    async () => {
      expect((await care.world.json('deploy', 'demo', '--name', 'lost', '--no-wait')).code).toBe(0);
      const lost = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1';
      await command('squeue', lost);
      const before = (await calls('sacct')).length;
      const { last } = await care.world.json('status', 'lost');
      const message = expect.stringContaining(
        'no record says how it ended: Slurm accounting storage is disabled',
      ) as unknown;
      expect(last).toMatchObject({ deployment: { instances: [{ state: { status: 'failed', cause: { message } } }] } });
      expect(await calls('sacct')).toHaveLength(before + 1);
      // The instance has ended: status queries nothing more.
      expect((await care.world.json('status', 'lost')).code).toBe(0);
      expect(await calls('sacct')).toHaveLength(before + 1);
    },
    timeoutMs,
  );
});

describe('A queue that may be asked only so often', () => {
  it(
    'is asked once, while one command follows a deployment and others look at theirs',
    async () => {
      const settings = ['--set', 'slurm.pollSeconds=120'];
      const limited = `if [ -e "$dir/asked" ]; then echo "squeue: rate limited: one query per 120 s" >&2; exit 1; fi
: >"$dir/asked"; exec "$plain" "$@"`;
      await command('squeue', limited);
      const running = care.world.start(['deploy', 'demo', '--name', 'paced', '--json', ...settings]);
      await running.line((line) => line.startsWith('{"event":"deployment.submitted"'));
      const config = await readFile(care.world.configFile, 'utf8');
      await writeFile(care.world.configFile, config.replace('binDir:', 'pollSeconds: 120\n      binDir:'));
      for (let look = 0; look < 2; look += 1) expect((await care.world.json('status', 'kept')).stderr).toBe('');
      await care.slurm.start((await jobOf('paced'))?.id ?? '');
      expect((await running.ended).code).toBe(0);
      await writeFile(care.world.configFile, config);
      expect(running.stderr()).toBe('');
    },
    timeoutMs,
  );
});
