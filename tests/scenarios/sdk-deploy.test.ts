// Deployments that a program starts and stops, on a local cluster.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { connect, deploy, type DeployEvent, list, logs, stop } from '@fairlead/client';
import { openWorld, runProgram, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';

const example = new URL('../../examples/src/fairlead-deploy.ts', import.meta.url).pathname;
const messages = [{ role: 'user' as const, content: 'Tell me of ropes.' }];

let world: World;
beforeAll(async () => {
  world = await openWorld();
  // The first command on a machine prepares the bastion.
  expect((await world.json('list')).code).toBe(0);
}, 60_000);
afterAll(async () => world?.[Symbol.asyncDispose]());

async function readAll(events: AsyncIterable<DeployEvent>, into: DeployEvent[] = []): Promise<DeployEvent[]> {
  for await (const event of events) into.push(event);
  return into;
}

describe('deploy', () => {
  test('tells how it goes and ends with the name that connect takes; stop ends the job', async () => {
    const { env } = world;
    const events = await readAll(deploy('demo', { env, name: 'a' }));
    expect(events[0]).toMatchObject({ type: 'deployment.planned', name: 'a', servedModel: 'demo', engine: 'sim' });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['deployment.submitted', 'deployment.changed']),
    );
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'deployment.ready', name: 'a', servedModel: 'demo' });
    {
      await using connection = await connect('a', { env, port: false });
      const answer = await connection.chat({ messages, max_tokens: 5 });
      expect(answer.choices[0]?.message.content).toMatch(/\w/);
    }
    const lines = await Array.fromAsync(logs('a', { env }));
    expect(lines.join('\n')).toContain('POST /v1/chat/completions');
    expect(await stop('a', { env })).toMatchObject({ name: 'a', status: 'stopped' });
    expect(await list({ env })).toEqual([]);
    // Without the agent, `logs` reads the job's files.
    expect((await Array.fromAsync(logs('a', { env, source: 'job' }))).length).toBeGreaterThan(0);
  }, 60_000);

  test('whose signal fires before a job is submitted leaves nothing', async () => {
    const { env } = world;
    const interrupt = new AbortController();
    const told: DeployEvent[] = [];
    const reading = (async () => {
      for await (const event of deploy('demo', { env, name: 'b', signal: interrupt.signal })) {
        told.push(event);
        if (event.type === 'deployment.planned') interrupt.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(told.map(({ type }) => type)).toEqual(['deployment.planned']);
    expect(await list({ env })).toEqual([]);
  }, 60_000);

  test('whose loop is left after the submission lets the job go on', async () => {
    const { env } = world;
    for await (const event of deploy('demo', { env, name: 'c' })) if (event.type === 'deployment.submitted') break;
    const [left] = await list({ env });
    expect(left).toMatchObject({ name: 'c', wanted: 'running' });
    // A second deployment of the name is refused while the first one lives.
    await expect(readAll(deploy('demo', { env, name: 'c' }))).rejects.toMatchObject({ wireCode: 'name_taken' });
    expect(await stop('c', { env, mode: 'now' })).toMatchObject({ status: 'stopped' });
  }, 60_000);

  test('does not send a job to another bastion than the one this machine was set up for', async () => {
    const config = join(world.dir, 'other.yaml');
    const settings = parse(await readFile(world.configFile, 'utf8')) as { bastion: { fromLaptop: object } };
    const bastion = { ...settings.bastion, fromLaptop: { ...settings.bastion.fromLaptop, port: 1 } };
    await writeFile(config, stringify({ ...settings, bastion }), { mode: 0o600 });
    await expect(readAll(deploy('demo', { env: world.env, config }))).rejects.toMatchObject({
      code: 'profile_mismatch',
    });
    await rm(config);
  });

  test('refuses what cannot be planned before it opens anything', async () => {
    await expect(readAll(deploy('dmo', { env: world.env }))).rejects.toMatchObject({
      code: 'preset_unknown',
      hint: expect.stringContaining('demo') as string,
    });
    await expect(stop('nobody', { env: world.env })).rejects.toMatchObject({ code: 'deployment_unknown' });
  }, 60_000);
});

test('The example deploys, asks, shows its log and stops', async () => {
  const { code, stdout, stderr } = await runProgram(example, { env: world.env });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^submitted: job .+\n(state: .+\n)+chat: .{5}[^]*\nlog: [12] requests\nstopped: stopped\n$/);
}, 60_000);
