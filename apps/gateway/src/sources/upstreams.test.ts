import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { Scope, Secret, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ModelSources } from '../routing/model-sources.ts';
import { openRelayWorld, type RelayWorld } from '../testing/relay-world.ts';
import { listUpstreamModels } from './list-upstream-models.ts';
import type { UpstreamRecord } from './source-records.ts';
import { UpstreamDesk } from './upstream-desk.ts';

let scope: Scope;
let world: RelayWorld;
let sources: ModelSources;
let clock: ManualClock;
let desk: UpstreamDesk;
let asked: Array<{ url: string; headers: IncomingMessage['headers']; body: string }>;
let listed: string[];
let status: number;

beforeEach(async () => {
  scope = new Scope();
  asked = [];
  listed = ['gpt', 'm'];
  status = 200;
  world = scope.use(await openRelayWorld({ instances: [(_request, response) => response.end('{}')] }));
  sources = new ModelSources((table) => world.useModels(table));
  clock = new ManualClock();
  desk = new UpstreamDesk({ list: listUpstreamModels, onChanged: () => sources.refresh(), clock, log: silentLog });
  scope.use(desk);
  sources.upstreams = (isTaken) => desk.table(isTaken);
});
afterEach(() => scope[Symbol.asyncDispose]());

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as { port: number }).port;
}

/** Another site's server. */
function answerAsSite(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (piece) => (body += String(piece)));
  request.on('end', () => {
    asked.push({ url: request.url!, headers: request.headers, body });
    response.writeHead(status, { 'content-type': 'application/json' });
    const data = listed.map((id) => ({ id }));
    response.end(JSON.stringify(request.url!.endsWith('/models') ? { data } : { usage: { completion_tokens: 3 } }));
  });
}

const record = (url: string, more: Partial<UpstreamRecord> = {}): UpstreamRecord => ({
  name: 'site',
  url,
  apiKey: new Secret('sk-site'),
  models: undefined,
  concurrent: undefined,
  createdMs: 1,
  ...more,
});

const ask = (model: string, path = '/v1/completions') =>
  world.post(
    path,
    { model, prompt: 'x' },
    {
      headers: {
        authorization: `Bearer ${world.key}`,
        'content-type': 'application/json',
        cookie: 'a=b',
        'x-forwarded-for': '10.1.1.1',
      },
    },
  );

describe('An upstream', () => {
  it("has the requests of members, by its own key and path and without the client's traces", async () => {
    const port = await listen(createServer(answerAsSite));
    desk.replace([record(`http://127.0.0.1:${port}/api/v1`, { models: { big: 'org/big' } })]);
    const response = await ask('big');
    expect(response.status).toBe(200);
    expect(asked).toMatchObject([
      {
        url: '/api/v1/completions',
        headers: { host: `127.0.0.1:${port}`, authorization: 'Bearer sk-site' },
        body: '{"model":"org/big","prompt":"x"}',
      },
    ]);
    expect(Object.keys(asked[0]!.headers)).not.toContain('cookie');
    expect(Object.keys(asked[0]!.headers)).not.toContain('x-forwarded-for');
    const [used] = await world.settled(1);
    expect(used).toMatchObject({ model: 'big', deployment: 'site', instanceId: 'site:upstream', completionTokens: 3 });
    expect((await ask('big', '/tokenize')).status).toBe(200);
    expect(asked[1]!.url).toBe('/api/tokenize');
  });

  it('whose models are not stated lists them, with its name before those that are taken', async () => {
    sources.own = world.table;
    const port = await listen(createServer(answerAsSite));
    desk.replace([record(`http://127.0.0.1:${port}/v1`)]);
    await expect.poll(async () => (await ask('gpt')).status).toBe(200);
    expect((await ask('site/m')).status).toBe(200);
    expect(asked.at(-1)!.body).toContain('"model":"m"');
    listed = ['newer'];
    await clock.advance(60_000);
    await expect.poll(async () => (await ask('newer')).status).toBe(200);
    expect((await ask('gpt')).status).toBe(404);
  });

  it('that does not answer what it lists is asked again', async () => {
    let times = 0;
    const first = Promise.withResolvers<void>();
    const port = await listen(
      createServer((request, response) => {
        times += 1;
        if (times === 1) first.resolve();
        else answerAsSite(request, response);
      }),
    );
    desk.replace([record(`http://127.0.0.1:${port}/v1`)]);
    await first.promise;
    await clock.advance(30_000);
    await expect
      .poll(async () => {
        await clock.advance(1_000);
        return (await ask('gpt')).status;
      })
      .toBe(200);
  });

  it('that repeats the key which it refuses does not bring it into the log', async () => {
    const server = createServer(({ headers }, response) => response.writeHead(401).end(`no: ${headers.authorization}`));
    const url = `http://127.0.0.1:${await listen(server)}/v1`;
    const listing = listUpstreamModels(record(url), { signal: new AbortController().signal });
    await expect(listing).rejects.toThrow('it answered 401: no: Bearer ***');
  });

  it('that does not know the key of the gateway is named as the cause, and the member keeps theirs', async () => {
    const port = await listen(createServer(answerAsSite));
    desk.replace([record(`http://127.0.0.1:${port}/v1`, { models: { big: 'big' } })]);
    status = 401;
    const response = await ask('big');
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('it refuses the key that the gateway has for it (401)');
  });

  it('that is away is 502, and one that is removed is gone', async () => {
    desk.replace([record('http://127.0.0.1:9', { models: { big: 'big' } })]);
    expect((await ask('big')).status).toBe(502);
    desk.replace([]);
    expect((await ask('big')).status).toBe(404);
  });

  it('takes no more requests at a time than stated', async () => {
    const held: Array<() => void> = [];
    const port = await listen(createServer((_request, response) => held.push(() => response.end('{}'))));
    desk.replace([record(`http://127.0.0.1:${port}/v1`, { models: { big: 'big' }, concurrent: 2 })]);
    const running = Array.from({ length: 3 }, () => ask('big'));
    await expect.poll(() => [held.length, world.waiting]).toEqual([2, 1]);
    held.splice(0).forEach((end) => end());
    await expect.poll(() => held.length).toBe(1);
    held[0]!();
    for (const response of await Promise.all(running)) expect(response.status).toBe(200);
  });
});

describe('An upstream by TLS', () => {
  it('is reached when its certificate is verified, and not otherwise', async () => {
    const dir = mkdtempSync('/tmp/fl-upstream-');
    scope.defer(() => rmSync(dir, { recursive: true }));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answerAsSite);
    const port = await listen(server as never);
    desk.replace([record(`https://localhost:${port}/v1`, { models: { big: 'big' } })]);
    const refused = await ask('big');
    expect([refused.status, await refused.text()]).toEqual([502, expect.stringContaining('self-signed certificate')]);
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, readFileSync(cert, 'utf8')]);
    scope.defer(() => setDefaultCACertificates(before));
    expect((await ask('big')).status).toBe(200);
  });
});
