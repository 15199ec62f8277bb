// The HTTP API over TLS on control.sock: who may ask, what is refused, what deployments do.

import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { Secret } from '@fairlead/kit';
import { errorBody, wireErrors } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import { mintOwnerToken } from '../state/owner-tokens.ts';
import { hashToken } from '../state/tokens.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { connectOwner } from '../testing/owner.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

const wanted = { name: 'a', model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j/{instance}' };

async function ask(method: string, path: string, body?: unknown) {
  return testControl.owner.call(method, path, body);
}

function stranger(token: string) {
  return connectOwner({ socketPath: testControl.control.socketPath, certificate: testControl.certificate, token });
}

describe('the API', () => {
  it('answers health without a token and nothing else', async () => {
    testControl = await openTestControl();
    await using other = stranger('flo_unknown_token');
    expect((await other.call('GET', '/healthz')).status).toBe(200);
    expect((await other.call('GET', '/readyz')).body).toEqual({ ok: true });
    const routes = ['/v1/hello', '/v1/deployments', '/v1/endpoints/a', '/v1/events', '/v1/nothing'];
    for (const path of routes)
      expect(await other.call('GET', path)).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
    await expect(other.watch()).rejects.toThrow('401');
  });

  it('knows a token that was minted while it runs, and forgets one whose file was removed', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock });
    await using second = stranger(mintOwnerToken(testControl.stateDir, 0).reveal());
    expect((await second.call('GET', '/v1/hello')).status).toBe(200);
    const watch = await testControl.owner.watch();
    const closed = new Promise((resolve) => watch.socket.on('close', resolve));
    rmSync(join(testControl.stateDir, 'owners', hashToken(new Secret(testControl.token))));
    await clock.advance(5000);
    expect((await ask('GET', '/v1/hello')).status).toBe(401);
    expect(await closed).toBe(1008);
    expect((await second.call('GET', '/v1/hello')).status).toBe(200);
  });

  it('does not take a path for a token', async () => {
    testControl = await openTestControl();
    await using other = stranger('../../../../etc/passwd');
    expect((await other.call('GET', '/v1/hello')).status).toBe(401);
  });

  it.each([
    ['a name with a path in it', { ...wanted, name: '../x' }, 'name'],
    ['a missing field', { ...wanted, model: undefined }, 'model'],
    ['a field that is too long', { ...wanted, engine: 'x'.repeat(33) }, 'engine'],
    ['no object', [], ''],
    ['text that is not JSON', '{', ''],
  ])('refuses %s and names it', async (_title, body, path) => {
    testControl = await openTestControl();
    const answer = await ask('POST', '/v1/deployments', body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_request', path } } });
    expect(errorBody.safeParse(answer.body).success).toBe(true);
  });

  it.each([
    ['/v1/deployments/..%2f..%2fetc', 'name'],
    ['/v1/deployments/a%00b', 'name'],
    ['/v1/instances/..%2fowners', 'id'],
    ['/v1/instances/..%2f..%2fid/logs', 'id'],
    ['/v1/instances/abcdefgh/logs?source=..%2f..%2fidentity.pem', 'source'],
    ['/v1/events?deployment=..%2fa', 'deployment'],
    ['/v1/endpoints/A', 'name'],
    ['/v1/instances/short', 'id'],
    ['/v1/events?limit=0', 'limit'],
    ['/v1/events?after=-1', 'after'],
    ['/v1/deployments?all=perhaps', 'all'],
  ])('refuses %s and names the field', async (path, field) => {
    testControl = await openTestControl();
    expect(await ask('GET', path)).toMatchObject({ status: 400, body: { error: { path: field } } });
  });

  it('refuses a body over the limit, also one of unknown length', async () => {
    testControl = await openTestControl();
    const large = JSON.stringify({ ...wanted, jobDir: 'x'.repeat(70_000) });
    const code = 'payload_too_large';
    expect(await ask('POST', '/v1/deployments', large)).toMatchObject({ status: 413, body: { error: { code } } });
    const chunked = { headers: { 'Transfer-Encoding': 'chunked' } };
    expect((await testControl.owner.call('POST', '/v1/deployments', large, chunked)).status).toBe(413);
    expect((await ask('GET', '/v1/deployments?all=true')).body.deployments).toEqual([]);
  });

  it('answers HEAD, an expectation and an unknown method soberly', async () => {
    testControl = await openTestControl();
    expect(await ask('HEAD', '/v1/hello')).toMatchObject({ status: 200, body: '' });
    expect((await ask('PATCH', '/v1/hello')).status).toBe(404);
    const expecting = { headers: { Expect: '100-continue' } };
    expect((await testControl.owner.call('POST', '/v1/deployments', wanted, expecting)).status).toBe(201);
  });

  it('drops a connection that does not prove itself in time', async () => {
    testControl = await openTestControl({ limits: { provingMs: 50 } });
    const socket = connectTls({
      path: testControl.control.socketPath,
      ca: testControl.certificate,
      servername: 'control',
    });
    await new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
  });

  it('refuses unproven connections over its limit, and none of its owners', async () => {
    testControl = await openTestControl({ limits: { unproven: 2 } });
    const open = () =>
      connectTls({ path: testControl.control.socketPath, ca: testControl.certificate, servername: 'control' });
    const first = [open(), open()];
    await Promise.all(first.map((socket) => new Promise((resolve) => socket.on('secureConnect', resolve))));
    const third = open();
    const refused = await new Promise<string>((resolve) => {
      third.on('error', (error) => resolve(error.message));
      third.on('secureConnect', () => resolve('let in'));
    });
    expect(refused).not.toBe('let in');
    for (const socket of first) socket.destroy();
  });

  it('speaks nothing but TLS 1.3', async () => {
    testControl = await openTestControl();
    const old = connectTls({
      path: testControl.control.socketPath,
      ca: testControl.certificate,
      servername: 'control',
      maxVersion: 'TLSv1.2',
    });
    const error = await new Promise<Error>((resolve) => old.on('error', resolve));
    expect(error.message).toMatch(/protocol version/);
    const plain = request({ socketPath: testControl.control.socketPath, path: '/healthz' });
    plain.end();
    await expect(new Promise((resolve, reject) => plain.on('response', resolve).on('error', reject))).rejects.toThrow();
  });
});

describe('a deployment', () => {
  it('has its instance’s directory and no secret in what is shown', async () => {
    testControl = await openTestControl();
    const { status, body } = await ask('POST', '/v1/deployments', wanted);
    expect(status).toBe(201);
    const id = body.instanceId;
    expect(body.deployment.instances[0]).toMatchObject({ jobDir: `/j/${id}`, state: { status: 'submitted' } });
    const shown = JSON.stringify((await ask('GET', '/v1/deployments/a')).body);
    expect(shown).not.toContain(body.enrolmentToken);
    expect(shown).not.toContain(hashToken(new Secret(body.enrolmentToken)));
  });

  it('keeps its name while it lives', async () => {
    testControl = await openTestControl();
    await ask('POST', '/v1/deployments', wanted);
    const again = await ask('POST', '/v1/deployments', wanted);
    expect(again).toMatchObject({ status: wireErrors.name_taken.status, body: { error: { code: 'name_taken' } } });
    await ask('DELETE', '/v1/deployments/a');
    expect((await ask('POST', '/v1/deployments', wanted)).status).toBe(201);
  });

  it('gives its name to one of two that ask at once', async () => {
    testControl = await openTestControl();
    const both = await Promise.all([ask('POST', '/v1/deployments', wanted), ask('POST', '/v1/deployments', wanted)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  });

  it('that never had a job is stopped at once', async () => {
    testControl = await openTestControl();
    await ask('POST', '/v1/deployments', wanted);
    const { body } = await ask('DELETE', '/v1/deployments/a');
    expect(body).toMatchObject({ delivered: false });
    expect(body.deployment).toMatchObject({
      wanted: 'stopped',
      instances: [{ state: { status: 'stopped', cause: { code: 'requested' } } }],
    });
  });

  it('follows what the submitting side sees of the job', async () => {
    testControl = await openTestControl();
    const made = await testControl.deploy('a');
    const path = `/v1/instances/${made.instanceId}/observed`;
    const queued = await ask('POST', path, { jobId: '12', state: { status: 'queued', reason: 'Resources' } });
    expect(queued.body).toMatchObject({ jobId: '12', state: { status: 'queued', reason: 'Resources' } });
    expect((await ask('DELETE', '/v1/deployments/a')).body.deployment.instances[0].state.status).toBe('queued');
    const cause = { code: 'cancelled', message: 'scancel' };
    const failed = await ask('POST', path, { state: { status: 'failed', cause } });
    expect(failed.body).toMatchObject({ state: { status: 'failed', cause } });
    const late = await ask('POST', path, { state: { status: 'stopped', cause: { code: 'deadline', message: '' } } });
    expect(late.body.state.cause.code).toBe('cancelled');
    expect((await ask('GET', `/v1/instances/${made.instanceId}`)).body.state.cause.code).toBe('cancelled');
  });

  it('believes its agent over the submitting side', async () => {
    testControl = await openTestControl();
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made);
    await agent.next('control.welcome', true);
    const cause = { code: 'job_ended', message: 'gone from squeue' };
    const seen = await ask('POST', `/v1/instances/${made.instanceId}/observed`, { state: { status: 'failed', cause } });
    expect(seen.body.state.status).toBe('starting');
  });

  it('survives a restart of control, with its history', async () => {
    testControl = await openTestControl();
    const made = await testControl.deploy('a');
    await testControl.restart();
    expect((await ask('GET', '/v1/deployments/a')).body.instances[0].id).toBe(made.instanceId);
    const { events, next } = (await ask('GET', '/v1/events?deployment=a')).body;
    expect(events).toHaveLength(1);
    expect((await ask('GET', `/v1/events?after=${next}`)).body).toEqual({ events: [], next });
  });

  it.each([
    ['GET', '/v1/deployments/nix'],
    ['DELETE', '/v1/deployments/nix'],
    ['GET', '/v1/endpoints/nix'],
    ['GET', '/v1/instances/abcdefgh'],
    ['GET', '/v1/instances/abcdefgh/logs'],
  ])('that is not there: %s %s', async (method, path) => {
    testControl = await openTestControl();
    expect(await ask(method, path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});
