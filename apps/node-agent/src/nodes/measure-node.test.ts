import { ManualClock } from '@fairlead/kit/testing';
import { describe, expect, it } from 'vitest';
import { measureNode } from './measure-node.ts';

describe('measureNode', () => {
  it('reads GPUs and the agent itself', async () => {
    const run = async (argv: readonly string[]) => (argv[0] === 'nvidia-smi' ? '0, 50, 1, 2\n' : undefined);
    const { gpus, agent } = await measureNode({ env: {}, run, clock: new ManualClock() });
    expect(gpus).toEqual([{ id: '0', utilization: 0.5, memoryUsedBytes: 2 ** 20, memoryTotalBytes: 2 ** 21 }]);
    expect(agent.residentBytes).toBeGreaterThan(2 ** 20);
  });

  it('does not wait for an nvidia-smi that hangs', async () => {
    const clock = new ManualClock();
    const measuring = measureNode({ env: {}, run: () => new Promise(() => undefined), clock });
    await clock.advance(2_000);
    expect((await measuring).gpus).toEqual([]);
  });
});
