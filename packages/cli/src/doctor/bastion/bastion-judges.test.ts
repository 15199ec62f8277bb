import type { InstanceView } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { judgeAuthorizedKeys } from './authorized-keys.ts';
import { judgeEndToEnd } from './end-to-end.ts';
import { judgeDial, judgeListen, judgeReplaces } from './forwarding.ts';
import { type HostSeen, judgeOneHost } from './one-host.ts';
import { judgeRunDirectory } from './run-directory.ts';
import { judgeStays } from './stays.ts';

const shownInstance: InstanceView = {
  id: 'k3x9q2ab',
  deployment: 'a',
  role: 'current',
  replica: 0,
  restart: 0,
  state: { status: 'ready' },
  nodes: [],
  servedModels: [],
  endpoints: [],
  jobDir: '/jobs',
  createdMs: 0,
  updatedMs: 0,
};
const shownDeployment = {
  model: 'm',
  servedModel: 'm',
  engine: 'sim',
  wanted: 'running' as const,
  createdMs: 0,
};
const works = { ok: true, roundTripMs: 1 } as const;
const refused = { ok: false, error: new Error('refused') } as const;

describe('Forwarding', () => {
  it('is judged each way', () => {
    expect(judgeListen({ listen: works }).status).toBe('ok');
    expect(judgeListen({ listen: refused })).toMatchObject({
      status: 'fail',
      todo: expect.stringContaining('AllowStreamLocalForwarding') as unknown,
    });
    expect(judgeDial({ listen: works, dial: refused }).status).toBe('fail');
    expect(judgeDial({ listen: refused }).status).toBe('skipped');
  });

  it('that replaces sockets is a warning', () => {
    expect(judgeReplaces({ listen: works, replaces: true }).status).toBe('warn');
    expect(judgeReplaces({ listen: works, replaces: false }).status).toBe('ok');
    expect(judgeReplaces({ listen: works }).status).toBe('ok');
  });
});

describe('Encryption from end to end', () => {
  const deployment = (name: string, { endToEnd = false, cluster = 'a', status = 'ready' } = {}) => ({
    ...shownDeployment,
    name,
    cluster,
    instances: [
      {
        ...shownInstance,
        state: { status } as InstanceView['state'],
        ...(endToEnd && { endToEnd: { fingerprint: 'f'.repeat(64), plain: true } }),
      },
    ],
  });
  const [open, closed] = [deployment('open'), deployment('closed', { endToEnd: true })];

  it('is told of each deployment that serves', () => {
    expect(judgeEndToEnd([open, closed], { cluster: 'a', isWanted: false })).toEqual({
      status: 'ok',
      found: 'closed: encrypted from end to end; open: by SSH alone',
    });
    expect(judgeEndToEnd([open], { cluster: 'a', isWanted: false }).found).toMatch(/^open: encrypted by SSH alone;/);
    const queued = deployment('later', { status: 'submitted' });
    expect(judgeEndToEnd([queued], { cluster: 'a', isWanted: true })).toEqual({
      status: 'ok',
      found: 'no deployment serves now; those of a will be encrypted from end to end',
    });
  });

  it('that is wanted and missing is a warning, of that cluster alone', () => {
    expect(judgeEndToEnd([open, closed], { cluster: 'a', isWanted: true })).toMatchObject({
      status: 'warn',
      found: expect.stringMatching(/^open: /) as unknown,
    });
    expect(judgeEndToEnd([closed], { cluster: 'a', isWanted: true }).status).toBe('ok');
    const elsewhere = deployment('elsewhere', { cluster: 'b' });
    expect(judgeEndToEnd([elsewhere, closed], { cluster: 'a', isWanted: true }).status).toBe('ok');
  });
});

describe('judgeOneHost', () => {
  const b1: HostSeen = { address: '10.0.0.1', host: 'b1', bootId: 'x' };
  const b2: HostSeen = { address: '10.0.0.2', host: 'b2', bootId: 'y' };
  it.each([
    ['one machine', [b1], undefined, 'ok'],
    ['one machine with two addresses', [b1, { ...b1, address: '::1' }], 'b1', 'ok'],
    ['a round robin', [b1, b2], undefined, 'fail'],
    ['two machines that were given one name', [b1, { ...b1, bootId: 'z' }], undefined, 'fail'],
    ['another machine than before', [b2], 'b1', 'fail'],
    ['an address that does not answer', [b1, { address: '10.0.0.2', error: 'timed out' }], 'b1', 'warn'],
  ] as const)('%s', (_what, seen, pinned, status) => expect(judgeOneHost('b', seen, pinned).status).toBe(status));
});

describe('judgeRunDirectory', () => {
  const mine = { mode: 'drwx------', owner: '7', me: '7', type: 'tmpfs', socket: 'yes', alive: '42' };
  it.each([
    ['with control in it', mine, 'ok'],
    ['not there yet', { me: '7', type: 'tmpfs' }, 'ok'],
    ['without a control yet', { ...mine, socket: '', alive: undefined }, 'ok'],
    ['gone from under control', { me: '7', alive: '42' }, 'fail'],
    ['without the socket of a control that lives', { ...mine, socket: '' }, 'fail'],
    ["of somebody else's", { ...mine, owner: '8' }, 'fail'],
    ['that others may enter', { ...mine, mode: 'drwxr-xr-x' }, 'fail'],
    ['that is a link', { ...mine, mode: 'lrwxrwxrwx' }, 'fail'],
    ['on a shared file system', { ...mine, type: 'nfs' }, 'fail'],
  ] as const)('%s', (_what, facts, status) => {
    const answers = Object.entries(facts).filter((pair): pair is [string, string] => pair[1] !== undefined);
    expect(judgeRunDirectory('/run/x', new Map(answers)).status).toBe(status);
  });

  it('names the user who has taken its name, or the usual one', () => {
    const taken = judgeRunDirectory('/tmp/x', new Map(Object.entries({ ...mine, owner: '8', ownerName: 'mallory' })));
    expect(taken.found).toContain('belongs to user mallory (uid 8)');
    const squatted = { ...mine, usual: '/tmp/fairlead-7', squatter: 'mallory' };
    const beside = judgeRunDirectory('/tmp/fairlead-7-aB3xYz', new Map(Object.entries(squatted)));
    expect(beside).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('User mallory holds the usual name'),
    });
  });

  it('must be short enough for a socket', () =>
    expect(judgeRunDirectory(`/${'x'.repeat(90)}`, new Map(Object.entries(mine))).status).toBe('fail'));
});

describe('judgeAuthorizedKeys', () => {
  const usual = { file: 'yes', writable: 'yes', dir: 'yes', room: 'yes', mode: '-rw-------', dirMode: 'drwx------' };
  it.each([
    ['as usual', usual, 'ok'],
    ['read-only', { ...usual, writable: '' }, 'fail'],
    ['in a directory that is read-only', { ...usual, room: '' }, 'fail'],
    ['that others may write', { ...usual, mode: '-rw-rw----' }, 'warn'],
    ['that is not there', { ...usual, file: '', writable: '' }, 'warn'],
  ] as const)('%s', (_what, facts, status) =>
    expect(judgeAuthorizedKeys(new Map(Object.entries(facts))).status).toBe(status),
  );
});

it('judgeStays warns where processes end with the login', () => {
  expect(judgeStays({ survived: true, lingers: false }).status).toBe('ok');
  expect(judgeStays({ survived: false, lingers: false }).status).toBe('warn');
});
