import { describe, expect, it } from 'vitest';

import type { RouteReport } from '../check.ts';
import { judgeProbedRoutes } from '../compute/compute-checks.ts';
import type { ProbeLine } from '../probe/probe-report.ts';
import { judgeRoutes } from './ask-routes.ts';

const serves: RouteReport = {
  name: 'gate',
  addresses: ['198.51.100.10'],
  banner: 'SSH-2.0-OpenSSH_9.2p1',
  hostKey: 'ssh-ed25519 SHA256:x',
  loggedIn: true,
  mayForward: true,
  taken: true,
};
const failing = (name: string, code: string): RouteReport => ({
  name,
  taken: false,
  failure: { code, message: `it is ${code}` },
});

describe('The routes of this machine', () => {
  it.each([
    ['all that serve', [serves, { ...serves, name: 'gate:2222', taken: false }], 'ok'],
    ['one that is silent beside one that serves', [serves, failing('gate:2222', 'timeout')], 'warn'],
    ['one that may not forward', [serves, { ...serves, name: 'gate:2222', mayForward: false }], 'warn'],
    ['one that leads to another host', [serves, failing('other', 'host_key_changed')], 'fail'],
    ['none that serves', [failing('gate', 'timeout'), failing('gate:2222', 'refused')], 'fail'],
  ] as const)('%s', (_what, routes, status) => expect(judgeRoutes(routes)).toMatchObject({ status, routes }));

  it('are each on a line, with all that they answered', () =>
    expect(judgeRoutes([serves, failing('gate:2222', 'timeout')]).found).toBe(
      '1 gate: 198.51.100.10, SSH-2.0-OpenSSH_9.2p1, ssh-ed25519 SHA256:x, logged in, may forward, in use\n2 gate:2222: failed: it is timeout',
    ));
});

describe('The routes of a compute node', () => {
  const route = (name: string, ok: boolean): ProbeLine => ({ probe: 'route', name, ok, message: 'it is silent' });
  const judge = (...lines: ProbeLine[]) => judgeProbedRoutes({ lines });
  it('that all serve are all right, one that does not is a warning, none a failure', () => {
    expect(judge().status).toBe('ok');
    expect(judge(route('a', true), route('b', true)).status).toBe('ok');
    expect(judge(route('a', false), route('b', true))).toMatchObject({
      status: 'warn',
      found: '1 a: it is silent\n2 b: logged in',
    });
    expect(judge(route('a', false), route('b', false)).status).toBe('fail');
  });
});
