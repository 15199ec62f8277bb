// Accounts over the gateway's own listener, with a real store.

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope, silentLog, systemClock, systemRandom } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { runAccountCommand } from '../account-commands.ts';
import { Ledger } from '../limits/ledger.ts';
import { createRelayServer } from '../relay/create-relay-server.ts';
import { openRelay } from '../relay/open-relay.ts';
import { relayLimits } from '../relay/relay-limits.ts';
import { Router } from '../routing/router.ts';
import { openGatewayStore } from '../store/gateway-store.ts';
import { openAccountServer } from './account-server.ts';
import { createInviteCode } from './api-key.ts';
import { followAccounts } from './follow-accounts.ts';
import { GuessGuard } from './guess-guard.ts';

const clock = systemClock;
const log = silentLog;
let scope: Scope;
let url: string;
let port: number;
let wallMs: number;
/** As another process changes the store. */
let command: (words: string, flags?: object) => Record<string, unknown>;

beforeEach(async () => {
  scope = new Scope();
  wallMs = Date.UTC(2026, 11, 1);
  const dir = mkdtempSync(join(tmpdir(), 'fl-accounts-'));
  scope.defer(() => rmSync(dir, { recursive: true }));
  const store = scope.use(openGatewayStore(dir, 'serve'));
  const others = scope.use(openGatewayStore(dir, 'command'));
  const keys = scope.use(followAccounts({ store, clock, log }));
  const now = () => ({ wallMs, monotonicMs: clock.monotonicMs() });
  const random = () => randomBytes(40);
  const accounts = scope.use(openAccountServer({ store, keys, guesses: new GuessGuard(log), random, now, log }));
  const router = new Router({ monotonicMs: () => clock.monotonicMs(), random: systemRandom, log });
  const relay = scope.use(
    openRelay({
      accounts,
      limits: relayLimits,
      clock,
      random: systemRandom,
      createRequestId: randomUUID,
      keys: { check: (key) => keys.check(key, wallMs), recheck: (id) => keys.recheck(id, wallMs) },
      ledger: new Ledger(),
      router,
      log,
      reach: () => Promise.reject(new Error('there is no instance')),
      onSettled: () => undefined,
    }),
  );
  const server = createRelayServer(relay);
  scope.defer(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as { port: number });
  url = `http://127.0.0.1:${port}`;
  command = (words, flags = {}) =>
    runAccountCommand(others, { words: words.split(' '), flags, nowMs: wallMs, actor: 'ann@lab', url }) as never;
});
afterEach(() => scope[Symbol.asyncDispose]());

interface Answer {
  id?: string;
  key?: string;
  data?: Array<{ id: string }>;
  error?: { code: string };
}

async function ask(
  method: string,
  path: string,
  { body, key }: { body?: object | string; key?: string | undefined } = {},
) {
  const answer = await fetch(url + path, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer };
}

const redeem = (invite: string) => ask('POST', '/v1/join', { body: { invite } });
const codeOf = (line: unknown) => String(line).split('@')[0]!;

it('An invitation becomes a key once, with what was said of it, and the key is good at once', async () => {
  const added = command('members add bob', { team: 'nlp', models: 'qwen', expires: '30d' });
  expect(added['joinLine']).toBe(`${codeOf(added['joinLine'])}@${url}`);
  expect(added).not.toHaveProperty('key');
  const { status, body } = await redeem(codeOf(added['joinLine']));
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { member: 'bob', team: 'nlp', models: ['qwen'], expiresMs: wallMs + 30 * 86_400_000, limits: {} },
  });
  expect((await ask('GET', '/v1/usage', { key: body.key })).body).toMatchObject({ member: 'bob', team: 'nlp' });
  const again = await redeem(codeOf(added['joinLine']));
  expect(again).toMatchObject({ status: 410, body: { error: { code: 'invite_used', hint: expect.any(String) } } });
  expect(command('audit')['changes']).toMatchObject([
    { action: 'member.added' },
    { action: 'member.invited', subject: 'bob', actor: 'ann@lab' },
    { action: 'key.added', actor: 'bob@this machine', detail: { member: 'bob' } },
  ]);
});

it('Of 20 who redeem one invitation at a time, one gets a key', async () => {
  const code = codeOf(command('members add bob')['joinLine']);
  const seen = await Promise.all(Array.from({ length: 20 }, () => redeem(code)));
  expect(seen.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(command('keys list')['keys']).toHaveLength(1);
});

it('A line that is unknown, mistyped, expired or replaced is told from the others', async () => {
  const first = codeOf(command('members add bob')['joinLine']);
  const second = codeOf(command('members invite bob', { 'join-within': '1h' })['joinLine']);
  const codes = async (code: string) => (await redeem(code)).body.error?.code;
  expect(await codes(first)).toBe('invite_unknown');
  expect(await codes(createInviteCode(randomBytes(40)).key.reveal())).toBe('invite_unknown');
  expect(await codes(second.slice(0, -1))).toBe('invite_mistyped');
  expect(await codes(String(command('members add eve')['joinLine']))).toBe('invite_mistyped');
  wallMs += 3_600_000;
  expect(await codes(second)).toBe('invite_expired');
  const third = codeOf(command('members invite bob')['joinLine']);
  command('members remove bob');
  expect(await codes(third)).toBe('invite_unknown');
});

it('A member makes, lists, rotates and revokes keys by a key of theirs, each at once', async () => {
  const { key: first = '' } = (await redeem(codeOf(command('members add bob')['joinLine']))).body;
  const status = async (key = '') => (await ask('GET', '/v1/usage', { key })).status;
  const made = (await ask('POST', '/v1/keys', { key: first, body: { label: 'ci' } })).body;
  expect(await status(made.key)).toBe(200);
  const rotated = (await ask('POST', `/v1/keys/${made.id}/rotate`, { key: first, body: { overlapMs: 0 } })).body;
  expect([await status(made.key), await status(rotated.key)]).toEqual([401, 200]);
  expect(await ask('DELETE', `/v1/keys/${rotated.id}`, { key: first })).toMatchObject({ status: 200 });
  expect([await status(rotated.key), await status(first)]).toEqual([401, 200]);
  const { body, status: listed } = await ask('GET', '/v1/keys', { key: first });
  expect({ listed, keys: body.data?.length, text: JSON.stringify(body) }).toEqual({
    listed: 200,
    keys: 3,
    text: expect.not.stringContaining('flk_'),
  });
});

it.each([
  ['no key', 'GET', '/v1/keys', {}, 401, 'unauthorized'],
  ['a wrong key', 'GET', '/v1/keys', { key: 'flk_x' }, 401, 'unauthorized'],
  ['an unknown field', 'POST', '/v1/keys', { key: 'bob', body: { admin: true } }, 400, 'bad_request'],
  ["another's id", 'DELETE', '/v1/keys/abcdefgh', { key: 'bob' }, 404, 'key_unknown'],
  ['another method', 'PUT', '/v1/keys', { key: 'bob' }, 405, 'method_refused'],
])(
  'A request for keys with %s is refused',
  async (_, method, path, { key, ...more }: { key?: string; body?: object }, status, code) => {
    const own = key === 'bob' ? (await redeem(codeOf(command('members add bob')['joinLine']))).body.key : key;
    expect(await ask(method, path, { ...more, key: own })).toMatchObject({ status, body: { error: { code } } });
  },
);

it('Who guesses invitations is slowed', async () => {
  const guess = () => redeem(createInviteCode(randomBytes(40)).key.reveal());
  for (let sent = 0; sent < 30; sent += 1) expect((await guess()).status).toBe(404);
  expect(await guess()).toMatchObject({ status: 429, body: { error: { code: 'too_many' } } });
});

it.each([
  ['no JSON', 'POST', '/v1/join', 'x', 400],
  ['no code', 'POST', '/v1/join', {}, 400],
  ['a body of 20 KB', 'POST', '/v1/join', { invite: 'x'.repeat(20_000) }, 413],
  ['another method', 'GET', '/v1/join', undefined, 405],
])('A request with %s is told what is wrong', async (_, method, path, body, status) => {
  const asked = await ask(method, path, body === undefined ? {} : { body });
  expect(asked).toMatchObject({ status, body: { error: { message: expect.any(String) } } });
});

it('A request that comes byte by byte is answered, and what follows on its connection is not', async () => {
  const code = codeOf(command('members add bob')['joinLine']);
  const body = JSON.stringify({ invite: code });
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let got = '';
  socket.on('data', (piece) => (got += String(piece)));
  const head = `POST /v1/join HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`;
  for (const byte of head + body) {
    socket.write(byte);
    await new Promise(setImmediate);
  }
  socket.write('GET /v1/usage HTTP/1.1\r\nhost: a\r\n\r\n');
  await once(socket, 'close');
  expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(got.match(/HTTP\/1\.1/g)).toHaveLength(1);
});
