import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openWorld, processesOf } from './index.ts';

it('openWorld runs a deployment behind a real bastion, and leaves nothing of it', async () => {
  const world = await openWorld();
  const { dir } = world;
  try {
    expect(await world.deploy('a')).toMatchObject({ event: 'deployment.ready', ok: true });
    const connect = world.start(['connect', 'a', '--json']);
    const said = JSON.parse(await connect.line((line) => line.includes('"baseUrl"')));
    const answer = await fetch(`${said.baseUrl}/models`, { headers: { authorization: `Bearer ${said.apiKey}` } });
    expect(answer.status).toBe(200);
    connect.signal('SIGINT');
    expect((await connect.ended).code).toBe(130);
    const left = world.start(['logs', 'a', '-f']);
    await left.line(() => true);
  } finally {
    await world[Symbol.asyncDispose]();
  }
  expect(await processesOf(dir)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
}, 60_000);
