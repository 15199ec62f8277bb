// What `deploy` leaves behind and prints after an interrupt, a lost answer, a lost login host and a second deploy of the same name.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type CareWorld, openCareWorld } from './care-world.ts';

const timeoutMs = 60_000;

let care: CareWorld;
beforeAll(async () => {
  care = await openCareWorld();
  // Prepares the bastion, and keeps the job's key in use, so that no test has to make and remove it.
  const kept = await care.world.json('deploy', 'demo', '--name', 'kept', '--no-wait');
  expect(kept.stderr).toBe('');
}, timeoutMs);
afterAll(() => care?.[Symbol.asyncDispose]());

const deploy = (name: string, ...args: string[]) =>
  care.world.start(['deploy', 'demo', '--name', name, '--json', ...args]);
const says = (event: string) => (line: string) => line.startsWith(`{"event":"${event}"`);
const jobDirs = async () => readdir(join(care.world.dir, 'cluster', 'jobs')).catch(() => []);

async function namesOf(...args: string[]): Promise<string[]> {
  const { last } = await care.world.json('list', ...args);
  return (last['deployments'] as Array<{ name: string }>).map(({ name }) => name);
}

async function jobCalled(name: string) {
  return (await care.slurm.jobs()).filter((job) => job.name.startsWith(`fl-${name}-`));
}

describe('Ctrl-C during deploy', () => {
  it(
    'before anything is recorded leaves nothing, and says so',
    async () => {
      await care.slurm.rule('hold-test', true);
      const running = deploy('early');
      await care.slurm.held('hold-test');
      running.signal('SIGINT');
      expect(JSON.parse(await running.line(says('deployment.interrupted')))).toMatchObject({ phase: 'checking' });
      await care.slurm.rule('hold-test', false);
      expect((await running.ended).code).toBe(130);
      expect(await namesOf('--all')).not.toContain('early');
      expect(await readdir(join(care.world.dir, 'cluster', 'test-only'))).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'while sbatch answers waits for the answer, names the job and how to come back',
    async () => {
      await care.slurm.rule('hold-sbatch', true);
      const running = deploy('waits');
      await care.slurm.held('hold-sbatch');
      running.signal('SIGINT');
      expect(JSON.parse(await running.line(says('deployment.interrupted')))).toMatchObject({ phase: 'submitting' });
      await care.slurm.rule('hold-sbatch', false);
      expect((await running.ended).code).toBe(130);
      const [job] = await jobCalled('waits');
      expect(JSON.parse(await running.line(says('deployment.left')))).toMatchObject({ name: 'waits', jobId: job?.id });
      expect(JSON.parse(running.lines.at(-1) ?? '')).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    },
    timeoutMs,
  );

  it(
    'twice leaves at once; stop finds by its name the job whose id is unknown',
    async () => {
      await care.slurm.rule('hold-sbatch', true);
      const running = deploy('twice');
      await care.slurm.held('hold-sbatch');
      running.signal('SIGINT');
      await running.line(says('deployment.interrupted'));
      running.signal('SIGINT');
      expect((await running.ended).code).toBe(130);
      await care.slurm.rule('hold-sbatch', false);
      const stopped = await care.world.json('stop', 'twice');
      const [job] = await jobCalled('twice');
      expect(stopped.lines).toContainEqual({ event: 'job.found', name: 'twice', jobIds: [job?.id] });
      expect(stopped.code).toBe(0);
      expect((await jobCalled('twice'))[0]?.state).toBe('CANCELLED');
    },
    timeoutMs,
  );
});

describe('deploy', () => {
  it(
    'adopts the job whose sbatch answered too late, and submits it once',
    async () => {
      await care.slurm.rule('lose-sbatch', true);
      const { code } = await deploy('late', '--no-wait').ended;
      await care.slurm.rule('lose-sbatch', false);
      expect(code).toBe(0);
      const jobs = await jobCalled('late');
      expect(jobs).toHaveLength(1);
      const { last } = await care.world.json('status', 'late');
      expect(last).toMatchObject({ deployment: { instances: [{ jobId: jobs[0]?.id, state: { status: 'queued' } }] } });
    },
    timeoutMs,
  );

  it(
    'of one name twice at once: one wins, the other says so and leaves nothing',
    async () => {
      const before = (await jobDirs()).length;
      const runs = await Promise.all([deploy('one', '--no-wait').ended, deploy('one', '--no-wait').ended]);
      expect(runs.map(({ code }) => code).toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 1]);
      const loser = runs.find(({ code }) => code === 1);
      expect(loser?.stdout).toContain('"code":"name_taken"');
      expect(loser?.stderr).toMatch(/a deployment of that name is (submitted|queued)/);
      expect(await jobCalled('one')).toHaveLength(1);
      expect((await jobDirs()).length).toBe(before + 1);
      expect(await readdir(join(care.world.dir, 'cluster', 'test-only'))).toEqual([]);
    },
    timeoutMs,
  );
});

describe('With the login host away', () => {
  it(
    'deploy goes on following, says so once, and is ready; stop says that it has stopped, and warns',
    async () => {
      const running = deploy('cut');
      await running.line(says('deployment.submitted'));
      await care.login.cut();
      await expect.poll(() => running.stderr(), { timeout: 20_000 }).toContain('lost sight of the queue of here');
      await care.login.restore();
      await running.line(says('queue.back'));
      const [job] = await jobCalled('cut');
      await care.slurm.start(job?.id ?? '');
      expect((await running.ended).code).toBe(0);
      expect(running.stderr().match(/lost sight/g)).toHaveLength(1);
      expect(JSON.parse(running.lines.at(-1) ?? '')).toMatchObject({ event: 'deployment.ready', jobId: job?.id });

      await care.login.cut();
      const startedMs = Date.now();
      const stopped = await care.world.json('stop', 'cut');
      expect(stopped).toMatchObject({
        code: 0,
        last: { event: 'deployment.stopped', ok: true, instances: [{ state: { status: 'stopped' } }] },
      });
      expect(stopped.stderr).toContain(`could not ask the queue of here about job ${job?.id}`);
      expect(Date.now() - startedMs).toBeLessThan(40_000);
      await care.login.restore();
    },
    timeoutMs,
  );

  it(
    'stop of a job without an agent says that it could not be ended, and what to do',
    async () => {
      await care.login.cut();
      const stopped = await care.world.json('stop', 'kept');
      expect(stopped.code).toBe(4);
      expect(stopped.stderr).toContain('could not be ended: no agent was there to take the order');
      expect(stopped.stderr).toContain('Run `fairlead stop kept` again when here answers');
    },
    timeoutMs,
  );
});
