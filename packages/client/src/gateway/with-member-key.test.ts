import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';

import { rewriteHead } from './with-member-key.ts';

const keys = { local: new Secret('fll_local'), member: new Secret('flk_member') };
const url = { host: 'llm.example.org', prefix: '/llm' };
const headOf = (...fields: string[]) =>
  ['POST /v1/chat/completions?x=1 HTTP/1.1', 'Host: 127.0.0.1:18000', ...fields].join('\r\n');

it.each([
  ['the key of the port', 'Authorization: Bearer fll_local'],
  ["the member's key", 'authorization:bearer  flk_member'],
  ['the key in x-api-key', 'X-Api-Key: fll_local'],
])("A request with %s goes to the gateway with the member's key alone, on a connection of its own", (_, field) => {
  const rewritten = rewriteHead(headOf(field, 'Connection: keep-alive', 'content-length: 2'), url, keys);
  expect(rewritten.ok && rewritten.bytes.toString()).toBe(
    'POST /llm/v1/chat/completions?x=1 HTTP/1.1\r\ncontent-length: 2\r\nhost: llm.example.org\r\nauthorization: Bearer flk_member\r\nconnection: close\r\n\r\n',
  );
});

it.each([
  ['no key', []],
  ['another key', ['authorization: Bearer sk-1']],
  ['one key of the port and another', ['authorization: Bearer fll_local', 'x-api-key: sk-1']],
  ['a password', ['authorization: Basic abc']],
])('A request with %s is answered at the port', (_, fields) => {
  const rewritten = rewriteHead(headOf(...fields), url, keys);
  expect(!rewritten.ok && rewritten.answer.toString()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n[^]*fairlead connect/);
});
