// The OpenAPI document against the running server, both ways: what is documented is served so, what is served is documented.

import SwaggerParser from '@apidevtools/swagger-parser';
import { encodeValue, errorBody, watchMessage, wireErrors } from '@fairlead/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AppDeps } from '../http/app-deps.ts';
import { createApp } from '../http/app.ts';
import { connectOwner } from '../testing/owner.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';
import { errorsOf, renderOpenApi } from './render-openapi.ts';
import { type ControlRoute, routeTable } from './route-table.ts';

const wanted = { name: 'c', model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j/{instance}' };

let testControl: TestControl;
let served: string;
beforeAll(async () => {
  testControl = await openTestControl();
  await testControl.deploy('b');
  const made = await testControl.deploy('a');
  served = made.instanceId;
  const watch = await testControl.owner.watch();
  const agent = await testControl.agent({ ...made, name: 'a' }, { withData: true });
  await agent.next('control.welcome', true);
  agent.report({ status: 'ready' }, { deadlineMs: 1_800_000_000_000 });
  await watch.find(
    (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'ready',
  );
  agent.received.add((message) => {
    if (message.type !== 'log.tail') return;
    agent.send({ type: 'log.chunk', orderId: message.orderId, lines: ['one', 'two'] });
    agent.send({ type: 'log.ended', orderId: message.orderId, error: 'the file is gone' });
  });
});
afterAll(() => testControl[Symbol.asyncDispose]());

interface Call {
  route: string;
  status: number;
  path?: string;
  body?: unknown;
  stranger?: true;
}

/** In this order: later ones stand on earlier ones. `{…}` in a route is filled in with what serves, unless `path` says more. */
/** A gateway that is not there: control answers at once, and tries again. */
const nowhere = { socket: '/nowhere/publish.sock', uid: 1, token: 'flp_0123456789' };

const calls: readonly Call[] = [
  { route: 'get /healthz', status: 200, stranger: true },
  { route: 'get /readyz', status: 200, stranger: true },
  { route: 'get /v1/hello', status: 200 },
  { route: 'get /v1/hello', status: 401, stranger: true },
  { route: 'post /v1/deployments', status: 201, body: wanted },
  { route: 'post /v1/deployments', status: 409, body: wanted },
  { route: 'post /v1/deployments', status: 400, body: { ...wanted, name: 'C' } },
  { route: 'post /v1/deployments', status: 413, body: { ...wanted, name: 'd', jobDir: 'x'.repeat(70_000) } },
  { route: 'get /v1/deployments', status: 200, path: '/v1/deployments?all=true' },
  { route: 'get /v1/deployments', status: 400, path: '/v1/deployments?all=perhaps' },
  { route: 'get /v1/deployments/{name}', status: 200 },
  { route: 'get /v1/deployments/{name}', status: 400, path: '/v1/deployments/A' },
  { route: 'get /v1/deployments/{name}', status: 404, path: '/v1/deployments/none' },
  { route: 'post /v1/deployments/{name}/instances', status: 201, body: { jobDir: '/j' } },
  { route: 'post /v1/deployments/{name}/instances', status: 413, body: { jobDir: 'x'.repeat(70_000) } },
  { route: 'post /v1/deployments/{name}/instances', status: 400, body: { jobDir: '/j', role: 'king' } },
  {
    route: 'post /v1/deployments/{name}/instances',
    status: 404,
    path: '/v1/deployments/none/instances',
    body: { jobDir: '/j' },
  },
  { route: 'get /v1/endpoints/{name}', status: 200 },
  { route: 'get /v1/endpoints/{name}', status: 503, path: '/v1/endpoints/b' },
  { route: 'get /v1/endpoints/{name}', status: 404, path: '/v1/endpoints/none' },
  { route: 'get /v1/instances', status: 200 },
  { route: 'get /v1/instances', status: 400, path: '/v1/instances?deployment=A' },
  { route: 'get /v1/instances/{id}', status: 200 },
  { route: 'get /v1/instances/{id}', status: 400, path: '/v1/instances/short' },
  { route: 'get /v1/instances/{id}', status: 404, path: '/v1/instances/abcdefgh' },
  { route: 'post /v1/instances/{id}/observed', status: 200, body: { state: { status: 'queued' } } },
  { route: 'post /v1/instances/{id}/observed', status: 400, body: { state: { status: 'dancing' } } },
  { route: 'post /v1/instances/{id}/observed', status: 413, body: { jobId: 'x'.repeat(70_000) } },
  { route: 'get /v1/instances/{id}/logs', status: 200 },
  { route: 'get /v1/instances/{id}/logs', status: 404, path: '/v1/instances/abcdefgh/logs' },
  { route: 'get /v1/events', status: 200 },
  { route: 'get /v1/events', status: 200, path: '/v1/events?last=1' },
  { route: 'get /v1/events', status: 400, path: '/v1/events?before=3' },
  { route: 'put /v1/publications/{name}', status: 200, body: { gateway: nowhere } },
  { route: 'put /v1/publications/{name}', status: 400, body: { gateway: { ...nowhere, socket: 'relative' } } },
  { route: 'put /v1/publications/{name}', status: 413, body: { gateway: { ...nowhere, token: 'x'.repeat(70_000) } } },
  { route: 'put /v1/publications/{name}', status: 404, path: '/v1/publications/none', body: { gateway: nowhere } },
  { route: 'get /v1/publications', status: 200 },
  { route: 'delete /v1/publications/{name}', status: 200 },
  { route: 'delete /v1/publications/{name}', status: 404 },
  { route: 'delete /v1/deployments/{name}', status: 400, path: '/v1/deployments/a?mode=gently' },
  { route: 'delete /v1/deployments/{name}', status: 404, path: '/v1/deployments/none' },
  { route: 'delete /v1/deployments/{name}', status: 200 },
];

function nameOf({ method, path }: ControlRoute): string {
  return `${method} ${path}`;
}

async function make({ route, path, body, stranger }: Call) {
  const [method, template] = route.split(' ') as [string, string];
  const target = path ?? template.replace('{name}', 'a').replace('{id}', served);
  if (!stranger) return testControl.owner.call(method.toUpperCase(), target, body);
  const token = 'flo_of_nobody';
  await using other = connectOwner({
    socketPath: testControl.control.socketPath,
    certificate: testControl.certificate,
    token,
  });
  return await other.call(method.toUpperCase(), target, body);
}

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    await SwaggerParser.validate(structuredClone(renderOpenApi()) as never);
  });

  it('names every route that is served, and no other', () => {
    const registered = createApp({} as AppDeps)
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const documented = routeTable.filter(({ upgrade }) => !upgrade).map(nameOf);
    expect(documented.toSorted()).toEqual([...new Set(registered)].toSorted());
  });

  it('describes every answer of each route, with all of its fields', async () => {
    for (const call of calls) {
      const route = routeTable.find((each) => nameOf(each) === call.route)!;
      const answer = await make(call);
      expect({ call, status: answer.status, body: answer.body }).toMatchObject({ status: call.status });
      const documented = route.answers[call.status];
      if (!documented) expect(errorsOf(route)).toContain(errorBody.parse(answer.body).error.code);
      const schema = documented?.schema ?? errorBody;
      const lines = documented?.contentType === 'application/x-ndjson';
      const bodies: unknown[] = lines
        ? String(answer.body)
            .trim()
            .split('\n')
            .map((line): unknown => JSON.parse(line))
        : [answer.body];
      for (const body of bodies)
        expect({ call, body: encodeValue(schema, schema.parse(body)) }).toEqual({ call, body });
    }
  });

  it('has no answer that the test before has not seen', () => {
    const seen = new Set(calls.map(({ route, status }) => `${route} ${status}`));
    const documented = routeTable
      .filter(({ upgrade }) => !upgrade)
      .flatMap((route) => [
        ...Object.keys(route.answers).map((status) => `${nameOf(route)} ${status}`),
        ...errorsOf(route)
          .filter((code) => code === 'name_taken' || code === 'payload_too_large')
          .map((code) => `${nameOf(route)} ${wireErrors[code].status}`),
      ]);
    // Control accepts no request while it stops.
    const unseen = documented.filter((each) => !seen.has(each) && each !== 'get /readyz 503');
    expect(unseen).toEqual([]);
  });

  it('says what a watcher gets', async () => {
    const watch = await testControl.owner.watch({ query: 'events=true' });
    await testControl.deploy('w');
    await watch.find(({ type }) => type === 'event.added');
    expect(watch.messages.map(({ type }) => type)).toContain('deployment.changed');
    for (const message of watch.messages) expect(watchMessage.parse(message)).toEqual(message);
    await expect(testControl.owner.watch({ query: 'events=perhaps' })).rejects.toThrow('400');
  });
});
