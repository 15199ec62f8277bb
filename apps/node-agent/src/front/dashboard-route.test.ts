import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { key, openFrontWorld } from '../testing/front-world.ts';
import { dashboardTarget } from './dashboard-route.ts';

it.each([
  ['/fairlead/dashboard', '/'],
  ['/fairlead/dashboard?a=b', '/?a=b'],
  ['/fairlead/dashboard/api/version?x', '/api/version?x'],
  ['/fairlead/dashboards', undefined],
  ['/v1/models', undefined],
])('dashboardTarget of %s is %s', (target, rest) => expect(dashboardTarget(target)).toBe(rest));

it('the front passes requests on to the page with the key of the page, and counts none of them', async () => {
  const seen: Array<[string | undefined, string | undefined, string]> = [];
  await using page = createServer(async (incoming, response) => {
    seen.push([incoming.url, incoming.headers.authorization, await text(incoming)]);
    response.end('page');
  });
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
  const port = String((page.address() as AddressInfo).port);
  const records: unknown[] = [];
  const dashboard = () => ({ port, key: new Secret('page-key') });
  await using world = await openFrontWorld({ dashboard, onRecord: (record) => records.push(record) });
  const asked = request({
    createConnection: () => world.dial(),
    method: 'POST',
    path: '/fairlead/dashboard/api/jobs?x=1',
    headers: { host: 'a', authorization: `Bearer ${key}` },
  });
  asked.end('{}');
  const [answer] = await once(asked, 'response');
  expect([answer.statusCode, await text(answer)]).toEqual([200, 'page']);
  expect(seen).toEqual([['/api/jobs?x=1', 'Bearer page-key', '{}']]);
  expect(world.seen).toEqual([]);
  expect([world.front.inFlight, world.front.stats.admitted, records]).toEqual([0, 0, []]);
});
