import { describe, expect, it } from 'vitest';

import { decidePruning } from './decide-pruning.ts';
import type { DeploymentRecord, FormerInstance, InstanceRecord, Life } from './records.ts';

const ready: Life = { phase: 'waiting', state: { status: 'ready' }, retired: 0 };
const stopped: Life = {
  phase: 'ended',
  by: 'agent',
  state: { status: 'stopped', cause: { code: 'requested', message: '' } },
  retired: 0,
};

function entry(name: string, life: Life, updatedMs: number) {
  const instance = { id: `${name}-now`, deployment: name, life, updatedMs } as InstanceRecord;
  return { record: { name } as DeploymentRecord, instances: [{ instance }] };
}

function former(name: string, n: number, updatedMs: number): FormerInstance {
  return { id: `${name}-${n}`, deployment: name, enrolmentHash: '', updatedMs };
}

function decide(entries: ReturnType<typeof entry>[], formers: FormerInstance[], limit = 10) {
  const decided = decidePruning({ deployments: entries, formers, beforeMs: 100, limit });
  return { ...decided, deployments: decided.deployments.map(({ record }) => record.name) };
}

describe('decidePruning', () => {
  it('takes what ended before the bound, and nothing that lives or ended later', () => {
    const entries = [entry('old', stopped, 99), entry('living', ready, 1), entry('recent', stopped, 100)];
    expect(decide(entries, [])).toEqual({ deployments: ['old'], formers: [] });
  });

  it('takes replaced instances of living deployments too, and deployments only after all of theirs', () => {
    const entries = [entry('old', stopped, 50), entry('living', ready, 200)];
    const formers = [former('living', 1, 50), former('living', 2, 150), former('old', 1, 20)];
    expect(decide(entries, formers)).toEqual({ deployments: [], formers: ['living-1', 'old-1'] });
    expect(decide(entries, [formers[1]!])).toEqual({ deployments: ['old'], formers: [] });
  });

  it('takes no deployment of which one instance lives or ended later', () => {
    const [old, living, recent] = [entry('a', stopped, 1), entry('a', ready, 1), entry('a', stopped, 100)];
    for (const other of [living, recent]) {
      const both = { ...old, instances: [...old.instances, ...other.instances] };
      expect(decide([both], [])).toEqual({ deployments: [], formers: [] });
    }
  });

  it('takes no more than asked for', () => {
    const entries = Array.from({ length: 5 }, (_, n) => entry(`d${n}`, stopped, 1));
    expect(decide(entries, [former('x', 1, 1)], 3)).toEqual({ deployments: ['d0', 'd1'], formers: ['x-1'] });
  });
});
