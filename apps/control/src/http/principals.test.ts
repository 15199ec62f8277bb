// Which principals a route serves.

import { Secret, silentLog } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import type { Principal } from '../domain/principal.ts';
import { routeTable } from '../openapi/route-table.ts';
import { createPrincipals } from '../state/principals.ts';
import type { AppDeps } from './app-deps.ts';
import { createApp } from './app.ts';

const behind = routeTable.filter(({ open, upgrade }) => !open && !upgrade);

function appFor(principal: Principal | undefined) {
  const deps = {
    principals: { identify: () => principal, isValid: () => true },
    carrier: { originOf: () => ({ kind: 'taken' }), prove: () => undefined },
    log: silentLog,
  } as unknown as AppDeps;
  return createApp(deps);
}

async function ask(principal: Principal | undefined, { method, path }: { method: string; path: string }) {
  const url = path.replace('{name}', 'a').replace('{id}', 'abcdefgh');
  const headers = { authorization: 'Bearer flo_abcdefgh' };
  const answer = await appFor(principal).request(url, { method: method.toUpperCase(), headers }, { incoming: {} });
  const { error } = (await answer.json()) as { error: { code: string } };
  return [answer.status, error.code];
}

describe('A route that needs a token', () => {
  it.each(behind)('$method $path refuses a principal that it does not serve', async (route) => {
    expect(await ask({ kind: 'member', name: 'm' }, route)).toEqual([403, 'forbidden']);
    expect(await ask({ kind: 'publisher', name: 'p' }, route)).toEqual([403, 'forbidden']);
  });

  it.each(behind)('$method $path refuses a token that no principal holds', async (route) => {
    expect(await ask(undefined, route)).toEqual([401, 'unauthorized']);
  });
});

describe('A principal', () => {
  it('is the owner to whom the token belongs, as long as it does', () => {
    const known = new Set(['hash']);
    const check = (token: Secret) => (token.reveal() === 'flo_x' ? 'hash' : undefined);
    const principals = createPrincipals({ check, isValid: (hash) => known.has(hash) });
    expect(principals.identify(new Secret('flo_y'))).toBeUndefined();
    const owner = principals.identify(new Secret('flo_x'))!;
    expect(owner).toEqual({ kind: 'owner', tokenHash: 'hash' });
    expect(principals.isValid(owner)).toBe(true);
    known.clear();
    expect(principals.isValid(owner)).toBe(false);
    expect(principals.isValid({ kind: 'member', name: 'm' })).toBe(false);
  });
});
