// Who may speak for an instance.

import { Secret } from '@fairlead/kit';
import type { AgentHello } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { type EnrolmentFacts, decideEnrolment } from './decide-enrolment.ts';
import type { InstanceRecord, Life } from './records.ts';

const muxHello: AgentHello = {
  type: 'agent.hello',
  protocol: { min: 1, max: 1 },
  agentVersion: '0.1.0',
  instanceId: 'abcdefgh',
  deployment: 'a',
  jobId: '1',
  restart: 1,
  processId: 'p1',
  hostname: 'node1',
  apiKey: new Secret('k'),
};

function instance(life: Life): InstanceRecord {
  return {
    id: 'abcdefgh',
    deployment: 'a',
    jobDir: '/j',
    enrolmentHash: '',
    life,
    role: 'current',
    replica: 0,
    former: false,
    servedModels: [],
    nodes: [],
    createdMs: 0,
    updatedMs: 0,
  };
}

const attended = instance({
  phase: 'attended',
  agent: { processId: 'p1', restart: 1, hostname: 'node1' },
  state: { status: 'ready' },
  retired: 0,
});

const facts: EnrolmentFacts = {
  hello: muxHello,
  socket: { instanceId: 'abcdefgh', generation: 2 },
  tokenMatches: true,
  instance: attended,
  replaced: false,
  leaseLive: true,
  linkedGeneration: 2,
};

const cases: Array<[title: string, change: Partial<EnrolmentFacts>, code: string | undefined]> = [
  ['the same process again', {}, undefined],
  [
    'the first agent',
    { instance: instance({ phase: 'waiting', state: { status: 'submitted' }, retired: 0 }) },
    undefined,
  ],
  ['a later restart', { hello: { ...muxHello, restart: 2, processId: 'p2' } }, undefined],
  ['an earlier restart', { hello: { ...muxHello, restart: 0 } }, 'fenced'],
  ['another process while the lease lives', { hello: { ...muxHello, processId: 'p2' } }, 'fenced'],
  ['another process after the lease', { hello: { ...muxHello, processId: 'p2' }, leaseLive: false }, undefined],
  ['another instance’s socket', { socket: { instanceId: 'zzzzzzzz', generation: 1 } }, 'forbidden'],
  ['a wrong token', { tokenMatches: false }, 'unauthorized'],
  ['an unknown instance', { tokenMatches: false, instance: undefined }, 'unauthorized'],
  ['a replaced instance', { instance: undefined, replaced: true }, 'fenced'],
  ['another deployment', { hello: { ...muxHello, deployment: 'b' } }, 'forbidden'],
  ['an older control socket', { socket: { instanceId: 'abcdefgh', generation: 1 } }, 'too_many'],
];

describe('decideEnrolment', () => {
  it.each(cases)('judges %s', (_title, change, code) => {
    const enrolment = decideEnrolment({ ...facts, ...change });
    expect(enrolment.ok ? undefined : enrolment.code).toBe(code);
  });
});
