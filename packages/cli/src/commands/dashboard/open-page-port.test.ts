import { createSecret, Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { decidePageRequest, pageUrl } from './decide-page-request.ts';
import { openPagePort } from './open-page-port.ts';

const token = new Secret('fld-0123456789');
const decide = (url: string, headers: Record<string, string> = {}) =>
  decidePageRequest({ url, headers: { host: '127.0.0.1:8265', ...headers } }, 8265, token);

describe('a request at the local port of a dashboard', () => {
  it('goes on with the token as a bearer, or as the cookie of this port', () => {
    expect(decide('/api?x=1', { authorization: 'Bearer fld-0123456789' })).toEqual({ kind: 'pass', path: '/api?x=1' });
    const cookie = 'a=b; fairlead-8265=fld-0123456789';
    expect(decide('/', { cookie })).toMatchObject({ kind: 'pass' });
    expect(decide('/', { cookie: 'fairlead-8266=fld-0123456789' })).toMatchObject({ kind: 'refuse' });
  });

  it('is sent on without the token in its URL, which becomes a cookie that other sites cannot use', () => {
    const welcome = decide('/jobs?a=b&token=fld-0123456789');
    expect(welcome).toMatchObject({ kind: 'welcome', path: '/jobs?a=b' });
    expect(welcome).toMatchObject({ cookie: expect.stringMatching(/^fairlead-8265=.*HttpOnly; SameSite=Strict$/) });
  });

  it.each([
    ['no token', '/', {}],
    ['another token', '/?token=x', { authorization: 'Bearer x', cookie: 'fairlead-8265=x' }],
    ['the name of another host', '/', { host: 'evil.example', authorization: 'Bearer fld-0123456789' }],
  ])('is refused with %s', (_what, url, headers) => expect(decide(url, headers)).toMatchObject({ kind: 'refuse' }));
});

describe('openPagePort', () => {
  it('passes method, path, body and answer, and neither token nor cookie', async () => {
    const seen: unknown[] = [];
    const secret = createSecret('fld-');
    const fetchPage: typeof fetch = async (input, init) => {
      const asked = new Request(new URL(input as string, 'http://x'), { ...init, duplex: 'half' } as RequestInit);
      seen.push([asked.method, new URL(asked.url).pathname, await asked.text(), asked.headers.get('cookie')]);
      return new Response('hello', { status: 201, headers: { 'x-a': 'b' } });
    };
    await using page = await openPagePort({ fetch: fetchPage, prefix: '/p', token: secret, port: 0 });
    const first = await fetch(pageUrl(page.port, secret), { redirect: 'manual' });
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    const at = `http://127.0.0.1:${page.port}/api/jobs`;
    const answer = await fetch(at, { method: 'POST', body: '{}', headers: { cookie } });
    expect([answer.status, answer.headers.get('x-a'), await answer.text()]).toEqual([201, 'b', 'hello']);
    expect(seen).toEqual([['POST', '/p/api/jobs', '{}', null]]);
    expect((await fetch(at)).status).toBe(403);
  });

  it('says why a page does not answer, and which port is taken', async () => {
    const fetchPage: typeof fetch = () => Promise.reject(new Error('the way is cut'));
    await using page = await openPagePort({ fetch: fetchPage, prefix: '', token, port: 0 });
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const answer = await fetch(`http://127.0.0.1:${page.port}/`, { headers });
    expect([answer.status, await answer.text()]).toEqual([502, 'the way is cut\n']);
    const again = openPagePort({ fetch: fetchPage, prefix: '', token, port: page.port });
    await expect(again).rejects.toMatchObject({ code: 'port_taken' });
  });
});
