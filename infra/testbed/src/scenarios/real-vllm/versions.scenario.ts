// Settings and flags against the vLLM that is installed: what a later version renamed or removed is fitted to it, and what it
// never had is refused before it is started.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';
import { fastArgs, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const onNode = async (...argv: string[]) => (await testbed.exec('node1', argv, { user: 'root' })).stdout.trim();

test(
  'vLLM starts with settings, and with flags that it has renamed and removed: an event tells of each',
  async () => {
    const former = ['--swap-space', '4', '--disable-log-requests', '--cuda-graph-sizes', '1', '2'];
    const args = [...fastArgs, ...former, '--guided-decoding-backend', 'xgrammar'];
    const more = ['engines.vllm.seed=7', 'engines.vllm.maxNumSeqs=8', 'engines.vllm.prefixCaching=false'];
    const { last } = await alice.fairlead('deploy', ...realVllm('former', { args, more }));
    expect(last).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });
    const started = await onNode('pgrep', '-u', 'alice', '-a', '-o', '-f', 'bin/vllm serve');
    expect(started).toMatch(/--max-num-seqs 8 --no-enable-prefix-caching --seed 7 /);
    expect(started).toContain('--cudagraph-capture-sizes 1 2 --structured-outputs-config.backend xgrammar');
    expect(started).toMatch(/--shutdown-timeout 5 --disable-access-log-for-endpoints \S+ --allowed-media-domains/);
    expect(started).not.toMatch(/--swap-space|--disable-log-requests/);
    const told = JSON.stringify((await alice.fairlead('status', 'former')).last);
    expect(told).toContain('vLLM 0.32.0+cpu has no --swap-space, which is left out: ');
    expect(told).toContain('vLLM 0.32.0+cpu has no --cuda-graph-sizes: --cudagraph-capture-sizes stands for it');

    const connected = await alice.connect('former');
    expect((await connected.ask()).status).toBe(200);
    const { stdout: log } = await testbed.exec('laptop', ['fairlead', 'logs', 'former', '--source', 'engine']);
    expect(log).toMatch(/POST \/v1\/(?:chat\/)?completions/);
    expect(log).not.toMatch(/GET \/(?:health|metrics) /);
    await connected.close();
    expect((await alice.fairlead('stop', 'former')).last).toMatchObject({ event: 'deployment.stopped', ok: true });
    expect(await onNode('pgrep', '-u', 'alice', '-a')).toBe('');
  },
  startTimeoutMs,
);

test('a flag that this vLLM never had is refused before a job is queued, where its program is named by a path', async () => {
  const args = [...fastArgs, '--max-modle-len', '1024'];
  const { code, last } = await alice.fairlead('deploy', ...realVllm('early', { args }));
  expect({ code, last }).toMatchObject({
    code: 1,
    last: {
      error: {
        code: 'engine_flag_missing',
        message: expect.stringMatching(/vLLM 0\.32\.0\+cpu has no --max-modle-len \(`args` of engines\.vllm/),
        hint: expect.stringMatching(/Did you mean --max-model-len\?/),
      },
    },
  });
  expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
}, 120_000);

test(
  'a flag that this vLLM never had is refused on the node before it is started, with the flag, the version and the nearest name',
  async () => {
    const args = [...fastArgs, '--max-modle-len', '1024'];
    const { code, last } = await alice.fairlead('deploy', ...realVllm('misspelt', { args, wrapper: ['env'] }));
    const message = /cannot start the engine because vLLM 0\.32\.0\+cpu has no --max-modle-len/;
    expect({ code, last }).toMatchObject({
      code: 1,
      last: {
        error: {
          code: 'deploy_failed',
          message: expect.stringMatching(message),
          hint: expect.stringMatching(/Did you mean --max-model-len\? Correct .*engines\.vllm/),
        },
      },
    });
    expect((await alice.instance('misspelt')).state).toMatchObject({ cause: { code: 'engine_start_failed' } });
    expect((await alice.fairlead('why', 'misspelt')).last).toMatchObject({
      state: { cause: { message: expect.stringMatching(message) } },
    });
    const { stdout: why } = await testbed.exec('laptop', ['fairlead', 'why', 'misspelt']);
    expect(why).toMatch(message);
    expect(why).toMatch(/Did you mean --max-model-len\?/);
    const { stdout: log } = await testbed.exec('laptop', ['fairlead', 'logs', 'misspelt', '--source', 'engine']);
    expect(log).not.toContain('vLLM');
  },
  startTimeoutMs,
);
