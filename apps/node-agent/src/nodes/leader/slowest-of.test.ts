import type { InstanceState, NodeProgress } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';
import type { SeenNode } from './open-nodes.ts';
import { slowestOf } from './slowest-of.ts';

const node = (rank: number, progress?: NodeProgress, status: 'running' | 'starting' = 'running'): SeenNode => ({
  rank,
  host: `a0${rank}`,
  gpus: [],
  progress,
  life: { status: 'joined', part: status === 'running' ? { status, run: 1, pid: 7 } : { status, run: 1 } },
});
const loading: InstanceState = {
  status: 'starting',
  phase: 'loading',
  percent: 75,
  detail: 'shard 3/4',
  lastStartMs: 9,
};

describe('slowestOf', () => {
  it('shows the phase of the slowest node, with its name', () => {
    const behind = node(2, { phase: 'downloading', percent: 40, detail: '4 of 10 GB' });
    expect(slowestOf(loading, [node(1, { phase: 'loading', percent: 90 }), behind])).toEqual({
      status: 'starting',
      phase: 'downloading',
      percent: 40,
      detail: 'a02 (rank 2), 4 of 10 GB',
      lastStartMs: 9,
    });
    expect(slowestOf(loading, [node(1, { phase: 'loading', percent: 30 })])).toMatchObject({ percent: 30 });
    expect(slowestOf(loading, [node(1, undefined, 'starting')])).toMatchObject({
      phase: 'booting',
      detail: 'a01 (rank 1)',
    });
  });

  it('leaves the state of rank 0 where no node is known to be slower', () => {
    const others = [node(1), node(2, { phase: 'downloading', percent: 100 }), node(3, { phase: 'compiling' })];
    expect(slowestOf(loading, others)).toBe(loading);
    const warming: InstanceState = { status: 'starting', phase: 'warming' };
    expect(slowestOf(warming, [node(1, { phase: 'loading', percent: 30 })])).toBe(warming);
    expect(slowestOf({ status: 'ready' }, [node(1, { phase: 'loading' })])).toEqual({ status: 'ready' });
  });
});
