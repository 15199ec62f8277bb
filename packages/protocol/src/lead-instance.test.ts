import { describe, expect, it } from 'vitest';

import type { DeploymentView, InstanceView } from './api.ts';
import { hasEnded, leadInstance } from './lead-instance.ts';

const cause = { code: 'requested', message: '' } as const;

function deployment(...states: Array<InstanceView['state'] & { up?: boolean }>): DeploymentView {
  const instances = states.map(({ up = false, ...state }, place) => ({
    id: `instance${place}`,
    state,
    endpoints: up ? [{ generation: 1, address: { kind: 'bastion-socket', socket: '/x' } }] : [],
  }));
  return { name: 'a', instances } as unknown as DeploymentView;
}

const lead = (...states: Parameters<typeof deployment>) => leadInstance(deployment(...states)).id;

describe('The instance that represents its deployment', () => {
  it('is the one that answers, then one that serves, then one that lives, then the first', () => {
    const ended = { status: 'stopped', cause } as const;
    expect(lead({ status: 'draining', untilMs: 1, cause }, { status: 'ready' }, { status: 'ready', up: true })).toBe(
      'instance2',
    );
    expect(lead({ status: 'draining', untilMs: 1, cause }, { status: 'ready' })).toBe('instance1');
    expect(lead(ended, { status: 'submitted' })).toBe('instance1');
    expect(lead(ended, ended)).toBe('instance0');
  });

  it('has ended when all of them have ended', () => {
    const ended = { status: 'failed', cause } as const;
    expect(hasEnded(deployment(ended, ended))).toBe(true);
    expect(hasEnded(deployment(ended, { status: 'queued' }))).toBe(false);
  });
});
