// Control killed -9 with agents talking to it: what it acknowledged is there, every agent comes back, and there is one control.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EventView } from '@fairlead/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { type ControlPlace, openControlPlace } from '../testing/control-process.ts';
import { type FakeAgent, openFakeAgent } from '../testing/fake-agent.ts';
import type { Owner } from '../testing/owner.ts';

const agentCount = 20;
const killedAfter = 400;

let place: ControlPlace;
beforeEach(() => {
  place = openControlPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

/** Tells one event after the other, each as soon as the last one is recorded; says again what was not. */
function talk(agent: FakeAgent, onRecorded: () => void): { recorded: number; quiet: boolean } {
  const told = { recorded: 0, quiet: false };
  const say = () => {
    if (told.quiet) return;
    const id = told.recorded + 1;
    agent.send({ type: 'event.happened', id, atMs: Date.now(), kind: 'beat', message: `${id}` });
  };
  agent.received.add((message) => {
    if (message.type === 'control.welcome') {
      agent.report({ status: 'ready' });
      say();
    }
    if (message.type !== 'event.recorded') return;
    told.recorded = message.id;
    onRecorded();
    say();
  });
  return told;
}

async function readAll(owner: Owner): Promise<EventView[]> {
  const all: EventView[] = [];
  for (let after = 0; ;) {
    const { events, next } = (await owner.call('GET', `/v1/events?after=${after}&limit=1000`)).body;
    if (events.length === 0) return all;
    all.push(...events);
    after = next;
  }
}

const title =
  'Control that is killed while 20 agents report loses nothing it acknowledged, and all come back to one control';

it(title, { timeout: 60_000 }, async () => {
  await using owner = await place.owner();
  const first = await place.serve();
  const killed = Promise.withResolvers<void>();
  let recorded = 0;
  const onRecorded = () => {
    recorded += 1;
    if (recorded === killedAfter) killed.resolve();
  };
  const agents = await Promise.all(
    Array.from({ length: agentCount }, async (_, n) => {
      const name = `a${n}`;
      const body = { name, model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };
      const made = (await owner.call('POST', '/v1/deployments', body)).body;
      const agent = await openFakeAgent({
        runDir: place.run,
        certificate: owner.certificate,
        instanceId: made.deployment.instances[0].id,
        deployment: name,
        token: made.enrolmentToken,
        withData: true,
      });
      return { name, agent, told: talk(agent, onRecorded) };
    }),
  );
  await killed.promise;
  await place.kill(first);
  const acknowledged = agents.map(({ told }) => told.recorded);

  const back = agents.map(({ agent }) => agent.next('event.recorded'));
  const second = await place.serve();
  const third = await place.finish('serve', '--state', place.state, '--run', place.run);
  expect(third).toMatchObject({ code: 0, stdout: expect.stringContaining('already running') });
  expect(JSON.parse(readFileSync(join(place.state, 'owner.json'), 'utf8'))).toMatchObject({ pid: second.pid });
  await Promise.all(back);
  for (const { told } of agents) told.quiet = true;

  const events = await readAll(owner);
  for (const [n, { name }] of agents.entries()) {
    const there = events.filter(({ deployment, kind }) => deployment === name && kind === 'beat');
    const numbers = there.map(({ message }) => Number(message));
    // All of them, once each and in order.
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(acknowledged[n]!);
    const { body } = await owner.call('GET', `/v1/deployments/${name}`);
    expect(body.instances[0]).toMatchObject({
      state: { status: 'ready' },
      agent: { version: '0.0.0-fake', protocol: 2 },
    });
    expect((await owner.call('GET', `/v1/endpoints/${name}`)).status).toBe(200);
  }
  await Promise.all(agents.map(({ agent }) => agent.close()));
  const gone = once(second, 'exit');
  second.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
});
