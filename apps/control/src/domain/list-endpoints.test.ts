// Where a deployment answers, or why nowhere.

import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { listEndpoints } from './list-endpoints.ts';
import type { DeploymentRecord, InstanceRecord, Life } from './records.ts';

const deployment: DeploymentRecord = {
  name: 'a',
  model: 'm',
  servedModel: 'served',
  engine: 'sim',
  cluster: 'c',
  wanted: 'running',
  createdMs: 0,
};
const agent = { processId: 'p', restart: 0, hostname: 'n' };
const asRequested = { code: 'deadline', message: 'The job reached its time limit.' } as const;

const ready: Life = { phase: 'attended', agent, state: { status: 'ready' }, generation: 2, retired: 0 };
const record: InstanceRecord = {
  id: 'abcdefgh',
  deployment: 'a',
  role: 'current',
  replica: 0,
  former: false,
  jobDir: '/j',
  enrolmentHash: '',
  life: ready,
  servedModels: ['demo'],
  nodes: [],
  createdMs: 0,
  updatedMs: 0,
};

function pick(life: Life, at: { apiKey: Secret | undefined } = { apiKey: new Secret('key') }) {
  return listEndpoints(deployment, [{ instance: { ...record, life }, ...at }], '/run/x');
}

describe('listEndpoints', () => {
  it('gives the socket of the generation', () => {
    expect(pick(ready)).toMatchObject({
      ok: true,
      endpoints: [{ address: { kind: 'bastion-socket', socket: '/run/x/abcdefgh-2.sock' }, servedModel: 'demo' }],
    });
  });

  it.each<[string, ReturnType<typeof pick>, string, RegExp]>([
    [
      'while it is queued',
      pick({ phase: 'waiting', state: { status: 'queued', reason: 'Priority' }, retired: 0 }),
      'not_ready',
      /waiting in the queue \(Priority\)/,
    ],
    [
      'while it loads',
      pick({ ...ready, state: { status: 'starting', phase: 'loading', percent: 41.7 } }),
      'not_ready',
      /starting \(loading, 42 %\)/,
    ],
    [
      'while it drains',
      pick({ ...ready, state: { status: 'draining', untilMs: 0, cause: asRequested } }),
      'draining',
      /draining \(deadline\)/,
    ],
    [
      'after its end',
      pick({ phase: 'ended', by: 'agent', state: { status: 'stopped', cause: asRequested }, retired: 0 }),
      'not_ready',
      /stopped \(deadline\): The job reached/,
    ],
    [
      'without a tunnel',
      pick({ phase: 'attended', agent, state: { status: 'ready' }, retired: 2 }),
      'not_ready',
      /its tunnel to the bastion is down/,
    ],
  ])('says why there is none %s', (_title, found, code, message) => {
    expect(found).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
  });

  it('waits for the key, which is in memory only, after a restart of control', () => {
    const after = pick(ready, { apiKey: undefined });
    expect(after).toMatchObject({
      ok: false,
      code: 'not_ready',
      message: expect.stringMatching(/just been restarted/),
    });
  });

  it('lists every instance that takes requests, and leaves out one that does not', () => {
    const apiKey = new Secret('key');
    const of = (id: string, life: Life) => ({ instance: { ...record, id, life }, apiKey });
    const stopped: Life = { phase: 'ended', by: 'agent', state: { status: 'stopped', cause: asRequested }, retired: 0 };
    const ids = (...candidates: Array<ReturnType<typeof of>>) => {
      const found = listEndpoints(deployment, candidates, '/run/x');
      return found.ok ? found.endpoints.map(({ instanceId }) => instanceId) : found.message;
    };
    expect(ids(of('aaaaaaaa', ready), of('bbbbbbbb', ready))).toEqual(['aaaaaaaa', 'bbbbbbbb']);
    expect(ids(of('aaaaaaaa', stopped), of('bbbbbbbb', ready))).toEqual(['bbbbbbbb']);
    const queued: Life = { phase: 'waiting', state: { status: 'queued' }, retired: 0 };
    expect(ids(of('aaaaaaaa', stopped), of('bbbbbbbb', queued))).toBe('a is waiting in the queue');
  });
});
