// Two copies of a model over two nodes of a real Slurm, each in a real vLLM (data parallel 2): one server on the first node, which
// shares requests between both.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { filesLeft, processesLeft } from '../nodes/node-steps.ts';
import { Researcher } from '../researcher.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
  const settings = {
    env: { VLLM_CPU_OMP_THREADS_BIND: 'nobind', OMP_NUM_THREADS: '1' },
    more: ['engines.vllm.dataParallel=2', 'health={crashLimit: 9, restartBaseSeconds: 0}'],
  };
  const { last, stderr } = await alice.fairlead('deploy', ...realVllm('copies', settings), '--nodes', '2');
  expect(last, stderr).toMatchObject({ event: 'deployment.ready' });
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

test(
  'both copies answer, the death of one is told with its node and mended, and a stop leaves nothing behind',
  async () => {
    const connected = await alice.connect('copies');
    const log = await testbed.exec('laptop', ['fairlead', 'logs', 'copies', '--node', '1', '--lines', '1000']);
    expect(log.stdout).toMatch(/Launching 1 data parallel engine\(s\) in headless mode, .* tcp:\/\/10\.77\.0\.11:\d+/);
    // The server gives each request to the copy with fewer of them.
    const answeredByTheOther = async () => {
      expect((await connected.ask()).status).toBe(200);
      return (await testbed.exec('laptop', ['fairlead', 'metrics', 'copies'])).stdout;
    };
    const counted = /vllm:request_success_total\{(?=[^}]*engine="1")[^}]*\} [1-9]/;
    await expect.poll(answeredByTheOther, { timeout: 60_000 }).toMatch(counted);

    // The part of the other node then ends with code 0 and no word of why, and the server waits for it for ever.
    await testbed.exec('node2', ['pkill', '-KILL', '-u', 'alice', '-f', 'VLLM::EngineCore'], { user: 'root' });
    const status = async () => (await testbed.exec('laptop', ['fairlead', 'status', 'copies'])).stdout;
    await expect.poll(status, { timeout: 20_000 }).toMatch(/node2 \(rank 1\): the engine/);
    await alice.until('copies', ({ state }) => state.status === 'ready', startTimeoutMs);
    expect((await connected.ask()).status).toBe(200);

    await alice.fairlead('stop', 'copies', '--now');
    await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
    expect(await filesLeft(testbed)).toEqual([]);
    await connected.running.ended;
  },
  2 * startTimeoutMs,
);
