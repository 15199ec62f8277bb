// A database in which an older control has stored what no record may hold, as one message of an agent could make it do.

import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, it } from 'vitest';

import { logged, openControlPlace } from '../testing/control-process.ts';
import { openFakeAgent } from '../testing/fake-agent.ts';

const title =
  'Control with one bad record in its database serves the others, says so, and takes the agent of the bad one back';

it(title, { timeout: 60_000 }, async () => {
  await using place = openControlPlace();
  await using owner = await place.owner();
  const first = await place.serve();
  const create = async (name: string) => {
    const body = { name, model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };
    const made = (await owner.call('POST', '/v1/deployments', body)).body;
    return { instanceId: made.deployment.instances[0].id as string, token: made.enrolmentToken as string };
  };
  const bad = await create('bad');
  await create('good');
  const gone = once(first, 'exit');
  first.kill('SIGTERM');
  await gone;
  const raw = new DatabaseSync(join(place.state, 'control.db'));
  const spoil = raw.prepare('UPDATE instances SET life = ?, deadline_ms = 9e999 WHERE id = ?');
  const agent = { processId: 'p', restart: Number.MAX_SAFE_INTEGER, hostname: 'n' };
  spoil.run(JSON.stringify({ phase: 'attended', agent, state: { status: 'ready' }, retired: 1e300 }), bad.instanceId);
  raw.exec("UPDATE history SET at_ms = 9e999 WHERE deployment = 'bad'");
  raw.close();

  const second = place.start('serve', '--state', place.state, '--run', place.run);
  expect(await logged(second, 'store.load')).toMatchObject({ ok: false, table: 'instances', id: bad.instanceId });
  await expect.poll(async () => (await owner.call('GET', '/readyz')).status, { timeout: 10_000 }).toBe(200);
  const { deployments } = (await owner.call('GET', '/v1/deployments')).body;
  expect(deployments.map(({ name }: { name: string }) => name).toSorted()).toEqual(['bad', 'good']);
  expect((await owner.call('GET', '/v1/events?deployment=bad')).body.events).toMatchObject([
    { kind: 'deployment.created', atMs: expect.any(Number) },
    { kind: 'record.set_aside', message: expect.stringContaining('life.agent.restart') },
  ]);
  await using back = await openFakeAgent({
    runDir: place.run,
    certificate: owner.certificate,
    deployment: 'bad',
    ...bad,
  });
  await back.next('control.welcome', true);
});
