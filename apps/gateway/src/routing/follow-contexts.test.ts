// Instances that answer as engines, at sockets of their own.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope, Secret, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { followContexts } from './follow-contexts.ts';
import type { ModelTable, Offer } from './offer.ts';

let scope: Scope;
let dir: string;
beforeEach(() => {
  scope = new Scope();
  dir = mkdtempSync(join(tmpdir(), 'fl-contexts-'));
  scope.defer(() => rmSync(dir, { recursive: true }));
});
afterEach(() => scope[Symbol.asyncDispose]());

const offerOf = (instanceId: string): Offer => ({
  deployment: 'd',
  instanceId,
  generation: 1,
  place: { kind: 'published', publisher: 'alice', socket: join(dir, instanceId), uid: 0 },
  apiKey: new Secret('fl_engine'),
  servedModel: 'm',
});
const tableOf = (offers: readonly Offer[]): ModelTable =>
  new Map([['m', { id: 'm', deployments: ['d'], state: { status: 'ready' }, offers, createdMs: 0 }]]);

async function openEngine(id: string, answer: (response: ServerResponse) => void) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    answer(response);
  });
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(join(dir, id));
  await once(server, 'listening');
  return asked;
}
const telling = (most?: number) => (response: ServerResponse) =>
  response.end(JSON.stringify({ object: 'list', data: [{ id: 'm', max_model_len: most }, { id: 'other' }] }));

function follow(offers: readonly Offer[], clock: ManualClock) {
  return scope.use(
    followContexts({
      models: () => tableOf(offers),
      reach: ({ instanceId }) => Promise.resolve(connect(join(dir, instanceId))),
      clock,
      log: silentLog,
    }),
  );
}

it('The context of a model is that of the instance which takes the least, and each is asked once', async () => {
  const clock = new ManualClock();
  const asked = await Promise.all([openEngine('a', telling(8_192)), openEngine('b', telling(4_096))]);
  const offers = ['a', 'b'].map(offerOf);
  const { contextOf } = follow(offers, clock);
  await expect.poll(() => contextOf({ offers })).toBe(4_096);
  await clock.advance(60_000);
  expect(asked).toEqual([['/v1/models Bearer fl_engine'], ['/v1/models Bearer fl_engine']]);
  expect(contextOf({ offers: [offers[0]!] })).toBe(8_192);
});

it('An instance that cannot tell is asked again half a minute later, and another one is not kept waiting', async () => {
  const clock = new ManualClock();
  let isUp = false;
  const answer = (response: ServerResponse) =>
    isUp ? telling(512)(response) : response.writeHead(503).end('starting');
  const asked = await openEngine('a', answer);
  await openEngine('b', telling(1_024));
  const offers = ['a', 'b'].map(offerOf);
  const { contextOf } = follow(offers, clock);
  await expect.poll(() => contextOf({ offers })).toBe(1_024);
  isUp = true;
  await expect
    .poll(async () => {
      await clock.advance(1_000);
      return contextOf({ offers });
    })
    .toBe(512);
  expect(asked).toHaveLength(2);
});
