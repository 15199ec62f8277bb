// Which requests the local port answers itself, and what it says.

import { describe, expect, test } from 'vitest';

import { allowedOrigin, parseOrigins } from './allowed-origins.ts';
import { decideLocal } from './local-head.ts';

const testedPage = 'http://localhost:3000';

function decide(head: string, allowed: readonly string[] = []) {
  return decideLocal(Buffer.from(`${head}\r\nHost: 127.0.0.1:18000\r\n\r\n`, 'latin1'), allowed);
}

function textOf(head: string, allowed?: readonly string[]): string {
  const decision = decide(head, allowed);
  return decision.kind === 'answer' ? decision.bytes.toString() : decision.kind;
}

describe('the local port', () => {
  test.each(['GET /', 'HEAD /', 'GET /?a=b'])('answers %s with 200 and the base URLs, without a key', (line) => {
    const text = textOf(`${line} HTTP/1.1`);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain/);
    expect(text.includes('Base URL: http://127.0.0.1:18000/v1 ')).toBe(!line.startsWith('HEAD'));
    expect(text).toMatch(/\r\nconnection: close\r\n/);
  });

  test.each(['GET /api/tags', 'POST /api/chat', 'GET /api/version', 'POST /api/pull', 'GET /props'])(
    'answers %s, a probe for another server, with the setting to choose',
    (line) => {
      const text = textOf(`${line} HTTP/1.1`);
      expect(text).toMatch(/^HTTP\/1\.1 404 Not Found/);
      expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '').error).toMatchObject({
        code: 'route_refused',
        message: expect.stringMatching(/Open WebUI.*"OpenAI API".*http:\/\/127\.0\.0\.1:18000\/v1/),
      });
    },
  );

  test.each([
    'GET /v1/models',
    'POST /v1/chat/completions',
    'POST /',
    'OPTIONS /v1/models',
    'GET //',
    'GET /apis',
    'PRI *',
    'GET /v1/models?/api/tags',
  ])('passes %s on', (line) => {
    expect(decide(`${line} HTTP/1.1`)).toEqual({ kind: 'relay', method: line.split(' ')[0], origin: undefined });
  });

  test('passes a completion on at its first bytes, and others once their head is whole', () => {
    expect(decideLocal(Buffer.from('POST /v1/chat'), [])).toMatchObject({ kind: 'relay' });
    expect(decideLocal(Buffer.from('POST /v1/chat'), [testedPage])).toEqual({ kind: 'more' });
    expect(decideLocal(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n'), [])).toEqual({ kind: 'more' });
    expect(decideLocal(Buffer.from(`GET /${'x'.repeat(20_000)}`), [])).toMatchObject({ kind: 'relay' });
    for (const noise of ['\x16\x03\x01\x02\x00', 'GET / HTTP/1.1\n\n', '\r\nGET / HTTP/1.1\r\n'])
      expect(decideLocal(Buffer.from(noise, 'latin1'), []), noise).toMatchObject({ kind: 'relay' });
  });
});

describe('a preflight', () => {
  const ask = `OPTIONS /v1/chat/completions HTTP/1.1\r\nOrigin: ${testedPage}\r\nAccess-Control-Request-Method: POST`;
  const headers = 'Access-Control-Request-Headers: authorization,content-type';

  test('of an origin that is named is answered with it, without key and credentials', () => {
    const text = textOf(`${ask}\r\n${headers}\r\nAccess-Control-Request-Private-Network: true`, [testedPage]);
    expect(text).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(text).toContain(`\r\naccess-control-allow-origin: ${testedPage}\r\n`);
    expect(text).toContain('\r\naccess-control-allow-methods: GET, POST\r\n');
    expect(text).toContain('\r\naccess-control-allow-headers: authorization,content-type\r\n');
    expect(text).toContain('\r\naccess-control-allow-private-network: true\r\n');
    expect(text).not.toContain('credentials');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('of all origins, where that was asked for, is answered with a star', () => {
    expect(textOf(ask, ['*'])).toContain('\r\naccess-control-allow-origin: *\r\n');
    expect(textOf(ask, ['*'])).not.toContain('credentials');
  });

  test.each([[[]], [['http://localhost:3001']], [['http://localhost']]])(
    'of another origin than %j is refused with the flag to use',
    (allowed) => {
      const text = textOf(ask, allowed);
      expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden/);
      expect(text).toContain(`--allow-origin ${testedPage}`);
      expect(text).not.toContain('access-control-allow');
    },
  );

  test('cannot put lines of its own into the answer', () => {
    const text = textOf(`${ask}\r\nAccess-Control-Request-Headers: a\rx: y`, [testedPage]);
    expect(text).not.toContain('x: y');
  });
});

describe('an origin', () => {
  test('is taken as browsers send it', () => {
    const given = ['http://LOCALHOST:3000/', 'https://a.example.org:443', 'app://obsidian.md', 'null', '*'];
    expect(parseOrigins(given)).toEqual([
      'http://localhost:3000',
      'https://a.example.org',
      'app://obsidian.md',
      'null',
      '*',
    ]);
  });

  test.each(['localhost:3000', 'example.org', 'https://a/b', 'https://', 'https://a b', 'https://a\r\nx: y', ''])(
    'is not %j',
    (given) => {
      expect(() => parseOrigins([given])).toThrow(expect.objectContaining({ code: 'origin_invalid' }));
    },
  );

  test('is not allowed for its likeness', () => {
    const allowed = parseOrigins(['https://a.example.org']);
    expect(allowedOrigin('https://a.example.org', allowed)).toBe('https://a.example.org');
    for (const other of ['http://a.example.org', 'https://a.example.org.evil', 'https://b.a.example.org', 'null'])
      expect(allowedOrigin(other, allowed), other).toBeUndefined();
  });
});
