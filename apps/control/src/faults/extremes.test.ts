// Every schema's extremes, and what lies just beyond, told to a real control by an agent or an owner that holds its own token: after
// each, control starts again and shows all its deployments.

import fc from 'fast-check';
import {
  agentMessage,
  createDeployment,
  decodeValue,
  deploymentList,
  eventList,
  instanceList,
  jobObserved,
  timeLimitMs,
} from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { openControlPlace } from '../testing/control-process.ts';
import { type FakeAgent, openFakeAgent } from '../testing/fake-agent.ts';
import type { Owner } from '../testing/owner.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';
import { extremesOf } from '../testing/extremes.ts';

let testControl: TestControl | undefined;
afterEach(async () => {
  await testControl?.[Symbol.asyncDispose]();
  testControl = undefined;
});

const views = {
  '/v1/deployments?all=true': deploymentList,
  '/v1/instances': instanceList,
  '/v1/events?last=100': eventList,
};

/** As a client would read them. */
async function readAll(owner: Owner): Promise<string[]> {
  let names: string[] = [];
  for (const [path, schema] of Object.entries(views)) {
    const { status, body } = await owner.call('GET', path);
    expect(status, path).toBe(200);
    expect(decodeValue(schema, body), path).toMatchObject({ ok: true });
    if (path.startsWith('/v1/deployments'))
      names = body.deployments.map((deployment: { name: string }) => deployment.name);
  }
  return names;
}

/** Resolves when the agent's last message has been taken, or its link has been closed for it. */
async function heardOut(agent: FakeAgent): Promise<void> {
  const last = 999_999_999;
  const { promise, resolve } = Promise.withResolvers<void>();
  agent.received.add((message) => message.type === 'event.recorded' && message.id === last && resolve());
  agent.closed.add(() => resolve());
  agent.send({ type: 'event.happened', id: last, atMs: 0, kind: 'last', message: '' });
  await promise;
}

async function welcomedOrRefused(agent: FakeAgent): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  agent.received.add((message) => message.type === 'control.welcome' && resolve(true));
  agent.closed.add(() => resolve(false));
  if (agent.welcome) resolve(true);
  if (agent.history.some(({ type }) => type === 'control.refused')) resolve(false);
  return promise;
}

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
const [hello, ...others] = agentMessage.options;
/** Who it is and what it says stay true: only its own token is in its hands. */
const helloExtremes = extremesOf(
  schemaOf(hello.omit({ type: true, instanceId: true, deployment: true, protocol: true })),
);
const messageExtremes = fc.oneof(...others.map((option) => extremesOf(schemaOf(option))));

describe('Control that gets the extreme values of every schema', { timeout: 180_000 }, () => {
  it('by an agent: starts again after each, with all its deployments', async () => {
    const open = await openTestControl();
    testControl = open;
    let made = 0;
    await open.deploy('other');
    const property = fc.asyncProperty(
      helloExtremes,
      fc.array(messageExtremes, { maxLength: 3 }),
      async (first, more) => {
        const name = `a${(made += 1)}`;
        const agent = await open.agent({ ...(await open.deploy(name)), name }, { hello: first as object });
        if (await welcomedOrRefused(agent)) {
          for (const message of more) agent.socket?.send(JSON.stringify(message));
          await heardOut(agent);
        }
        await agent.close();
        await open.restart();
        expect(await readAll(open.owner)).toEqual(expect.arrayContaining(['other', name]));
        await open.owner.call('DELETE', `/v1/deployments/${name}?mode=now`);
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 18 });
  });

  it('by an owner: starts again after each, with all its deployments', async () => {
    const open = await openTestControl();
    testControl = open;
    const { instanceId } = await open.deploy('other');
    const both = fc.tuple(
      extremesOf(schemaOf(createDeployment.omit({ name: true }))),
      extremesOf(schemaOf(jobObserved)),
    );
    let made = 0;
    const property = fc.asyncProperty(both, async ([wanted, observed]) => {
      const name = `a${(made += 1)}`;
      const created = await open.owner.call('POST', '/v1/deployments', { ...(wanted as object), name });
      expect([201, 400, 413]).toContain(created.status);
      const seen = await open.owner.call('POST', `/v1/instances/${instanceId}/observed`, observed);
      expect([200, 400, 413]).toContain(seen.status);
      await open.restart();
      const names = await readAll(open.owner);
      expect(names).toContain('other');
      expect(names.includes(name)).toBe(created.status === 201);
    });
    await fc.assert(property, { numRuns: 40, seed: 18 });
  });

  it('as a process of its own: refuses what cannot be stored, says which field, and starts again', async () => {
    await using place = openControlPlace();
    await using owner = await place.owner();
    let child = await place.serve();
    const beyond = [
      { hello: { restart: Number.MAX_SAFE_INTEGER }, field: 'restart' },
      { report: { deadlineMs: 1.7e308 }, field: 'deadlineMs' },
      { report: { state: drainingUntil(1.7e308) }, field: 'state.untilMs' },
      { report: { state: drainingUntil(timeLimitMs), deadlineMs: timeLimitMs }, field: undefined },
    ];
    for (const [n, { hello: more = {}, report, field }] of beyond.entries()) {
      const name = `a${n}`;
      const body = { name, model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };
      const { deployment, enrolmentToken: token } = (await owner.call('POST', '/v1/deployments', body)).body;
      const instanceId = deployment.instances[0].id;
      const { certificate } = owner;
      const options = { runDir: place.run, certificate, deployment: name, instanceId, token };
      // Its clock is as wrong as a number can be.
      await using agent = await openFakeAgent({ ...options, hello: { clockMs: -1.7e308, ...more } });
      const welcomed = await welcomedOrRefused(agent);
      expect(welcomed).toBe(report !== undefined);
      if (report) {
        agent.report({ status: 'ready' }, report);
        await heardOut(agent);
      }
      const refusal = agent.history.find((message) => message.type === 'control.refused');
      expect(refusal?.message).toEqual(field === undefined ? undefined : expect.stringContaining(field));
      await agent.close();
      await place.kill(child);
      child = await place.serve();
      expect(await readAll(owner)).toHaveLength(n + 1);
    }
  });
});

function drainingUntil(untilMs: number) {
  return { status: 'draining', untilMs, cause: { code: 'requested', message: 'x' } } as const;
}
