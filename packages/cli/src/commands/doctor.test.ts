// The whole command in a world without privileges: real SSH, a job on this machine.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type JsonLine, openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

function withStatus(lines: readonly JsonLine[], status: string): string[] {
  return lines.filter((line) => line['status'] === status).map((line) => String(line['id']));
}

async function leftovers(): Promise<string[]> {
  const places = ['run', 'cluster', 'sshd'].map(async (name) =>
    (await readdir(join(world.dir, name), { recursive: true })).map((file) => join(name, file)),
  );
  const files = (await Promise.all(places)).flat();
  // A scheduler remembers the names of its jobs; the keys are the world's own.
  return files.filter((file) => /doctor|keys\/|test-only|backup/.test(file) && !file.includes('local-scheduler'));
}

describe('doctor', () => {
  it('runs where nothing is configured, and says what to do', async () => {
    const empty = join(world.dir, 'empty.yaml');
    await writeFile(empty, '');
    const { code, lines, last } = await world.json('doctor', '--config', empty);
    expect(code).toBe(1);
    expect(last).toMatchObject({ event: 'doctor.done', ok: false, failed: ['laptop.config'] });
    expect(lines.find(({ id }) => id === 'laptop.config')).toMatchObject({
      todo: expect.stringContaining('fairlead init') as unknown,
    });
    await rm(empty);
  }, 30_000);

  it('passes before and after init; its job goes both hops and leaves nothing', async () => {
    const early = await world.json('doctor', '--yes');
    expect(withStatus(early.lines, 'fail')).toEqual([]);
    expect(early.code).toBe(0);
    expect(withStatus(early.lines, 'skipped')).toContain('compute.job');

    expect((await world.json('init', '--yes')).code).toBe(0);
    const keys = await readFile(world.bastion.authorizedKeysPath, 'utf8');
    const { code, lines, last } = await world.json('doctor', '--yes');
    expect(withStatus(lines, 'fail')).toEqual([]);
    expect(withStatus(lines, 'ok')).toEqual(expect.arrayContaining(['compute.job', 'compute.gate', 'compute.hop']));
    expect(withStatus(lines, 'skipped')).toEqual([]);
    expect({ code, ok: last['ok'] }).toEqual({ code: 0, ok: true });
    expect(await readFile(world.bastion.authorizedKeysPath, 'utf8')).toBe(keys);
    expect(await leftovers()).toEqual([]);
  }, 60_000);

  it('leaves nothing after Ctrl-C in the middle of its job', async () => {
    const prologue = 'prologue=["case $PWD in *doctor*) sleep 60 ;; esac"]';
    const running = world.start(['doctor', '--yes', '--json', '--set', prologue]);
    const log = expect.stringMatching(/jobs\/doctor-\w+\/job\.log$/) as string;
    await expect.poll(leftovers, { timeout: 40_000 }).toContainEqual(log);
    running.signal('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(await leftovers()).toEqual([]);
  }, 60_000);

  it('reads as a list: what is well on a line, what is not with what to do', async () => {
    const { code, stdout, stderr } = await world.cli(['doctor', '--no-job', '--set', 'tokenFile=/nowhere']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {4}Bastion: login: logged in as /m);
    expect(stdout).toMatch(
      /^FAIL {2}Engine: Hugging Face token\n +tried {2}.+\n +found {2}\/nowhere is not there\n +do {5}/m,
    );
    expect(stdout).toMatch(/1 failed/);
    expect(stderr).not.toContain('error');
  }, 30_000);
});
