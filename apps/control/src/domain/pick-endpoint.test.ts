// Where a deployment answers, or why nowhere.

import { describe, expect, it } from 'vitest';

import { pickEndpoint } from './pick-endpoint.ts';
import type { DeploymentRecord, InstanceRecord, Life } from './records.ts';

const DEPLOYMENT: DeploymentRecord = {
  name: 'a',
  model: 'm',
  servedModel: 'served',
  engine: 'sim',
  cluster: 'c',
  wanted: 'running',
  createdMs: 0,
  instanceId: 'abcdefgh',
};
const AGENT = { processId: 'p', restart: 0, hostname: 'n' };
const CAUSE = { code: 'deadline', message: 'The job reached its time limit.' } as const;

const READY: Life = { phase: 'attended', agent: AGENT, state: { status: 'ready' }, generation: 2, retired: 0 };
const RECORD: InstanceRecord = {
  id: 'abcdefgh',
  deployment: 'a',
  jobDir: '/j',
  enrolmentHash: '',
  life: READY,
  models: ['demo'],
  gpus: [],
  createdMs: 0,
  updatedMs: 0,
};

function pick(life: Life, at: { apiKey: string | undefined } = { apiKey: 'key' }) {
  return pickEndpoint(DEPLOYMENT, { ...RECORD, life }, { runDir: '/run/x', ...at });
}

describe('pickEndpoint', () => {
  it('gives the socket of the generation', () => {
    expect(pick(READY)).toMatchObject({ ok: true, endpoint: { socket: '/run/x/abcdefgh-2.sock', model: 'demo' } });
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
      pick({ ...READY, state: { status: 'starting', phase: 'loading', percent: 41.7 } }),
      'not_ready',
      /starting \(loading, 42 %\)/,
    ],
    [
      'while it drains',
      pick({ ...READY, state: { status: 'draining', untilMs: 0, cause: CAUSE } }),
      'draining',
      /draining \(deadline\)/,
    ],
    [
      'after its end',
      pick({ phase: 'ended', by: 'agent', state: { status: 'stopped', cause: CAUSE }, retired: 0 }),
      'not_ready',
      /stopped \(deadline\): The job reached/,
    ],
    [
      'without a tunnel',
      pick({ phase: 'attended', agent: AGENT, state: { status: 'ready' }, retired: 2 }),
      'not_ready',
      /its tunnel to the bastion is down/,
    ],
  ])('says why there is none %s', (_title, found, code, message) => {
    expect(found).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
  });

  it('waits for the key, which is in memory only, after a restart of control', () => {
    const after = pick(READY, { apiKey: undefined });
    expect(after).toMatchObject({
      ok: false,
      code: 'not_ready',
      message: expect.stringMatching(/just been restarted/),
    });
  });
});
