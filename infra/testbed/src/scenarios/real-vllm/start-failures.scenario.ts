// A real vLLM that cannot start: what the researcher sees of it, and what `fairlead why` says.

import { existsSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';
import { fastArgs, type RealSettings, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

/** Takes the engine's socket before vLLM does, as a process that was left behind would. */
const takeSocket = `#!/bin/sh
for word; do
  [ "$before" = --uds ] && ${venv}/bin/python -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$word"
  before=$word
done
exec "$@"
`;
const smallDisk = '/var/small-disk';
/** A model without weights, in a directory that the login host has not: it cannot refuse it before the job is queued. */
const nodeModel = '/var/model-of-node';

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const stdin = takeSocket;
  await testbed.exec('login', ['sh', '-c', 'cat > take-socket && chmod +x take-socket'], { stdin });
  const prepare = `mkdir ${smallDisk} && mount -t tmpfs -o size=16k,mode=1777 tmpfs ${smallDisk} && cp -r ${venv}/tiny ${nodeModel}`;
  expect(await testbed.exec('node1', ['sh', '-c', prepare], { user: 'root' })).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

interface Sabotage {
  what: string;
  settings: RealSettings;
  /** A program of the node without which the start fails of something else. */
  needs?: string;
  /** The catalogue's entry, the engine's words, and the cure. */
  id: string;
  says: RegExp;
  cure: RegExp;
  retry: boolean;
}

const twoTries = 'health={crashLimit: 2, restartBaseSeconds: 0}';
const withoutFlag = (flag: string) => fastArgs.filter((word, at) => word !== flag && fastArgs[at - 1] !== flag);

const sabotages: readonly Sabotage[] = [
  {
    what: 'a wrong value',
    settings: { args: [...fastArgs, '--runner', 'walker'] },
    id: 'flag-value-invalid',
    says: /argument --runner: invalid choice: 'walker'/,
    cure: /engines\.vllm\.args.*--help=--runner/,
    retry: false,
  },
  {
    what: 'missing weights',
    settings: { model: nodeModel, args: withoutFlag('--load-format') },
    id: 'weights-missing',
    says: /Cannot find any model weights with `.*\/model-of-node`/,
    cure: /hf download/,
    retry: false,
  },
  {
    what: 'a context that is longer than the model has',
    settings: { args: [...withoutFlag('--max-model-len'), '--max-model-len', '9999999'] },
    id: 'max-model-len-too-large',
    says: /User-specified max_model_len \(9999999\)/,
    cure: /--max-model-len 131072/,
    retry: false,
  },
  {
    what: 'a socket that is taken',
    settings: { wrapper: ['/home/alice/take-socket'], more: [twoTries] },
    id: 'address-in-use',
    says: /Address already in use/,
    cure: /--uds/,
    retry: true,
  },
  {
    what: 'a disk that is full',
    needs: '/usr/bin/g++',
    settings: {
      args: fastArgs.filter((word) => word !== '--enforce-eager'),
      env: { VLLM_CACHE_ROOT: smallDisk, TORCHINDUCTOR_CACHE_DIR: smallDisk },
      more: [twoTries],
    },
    id: 'disk-full',
    says: /No space left on device/,
    cure: /VLLM_CACHE_ROOT.*df -h/,
    retry: true,
  },
  {
    // The login host has no such directory either, so it cannot refuse the image before the job is queued.
    what: 'a container image that is missing',
    needs: '/usr/bin/ch-run',
    settings: { more: ['engines.vllm.container={kind: charliecloud, image: /images/of-nodes/vllm}'] },
    id: 'image-missing',
    says: /\/images\/of-nodes\/vllm/,
    cure: /engines\.vllm\.container\.image/,
    retry: false,
  },
];

test.for(sabotages)(
  '$what: deploy ends with the words of vLLM and the cure, why names $id, and nothing stays in the queue',
  { timeout: startTimeoutMs },
  async ({ settings, needs, id, says, cure, retry }, { skip }) => {
    if (needs !== undefined && !existsSync(needs)) skip(`${needs} is not installed`);
    const { code, last } = await alice.fairlead('deploy', ...realVllm(id, settings));
    expect({ code, last }).toMatchObject({
      code: 1,
      last: {
        ok: false,
        error: { code: 'deploy_failed', message: expect.stringMatching(says), hint: expect.stringMatching(cure) },
      },
    });
    const why = await alice.fairlead('why', id);
    expect(why.last).toMatchObject({
      event: 'deployment.explained',
      diagnosis: { verdict: 'failed', id, cure: expect.stringMatching(cure), retry },
    });
    const { diagnosis } = why.last as { diagnosis: { evidence: Array<{ text: string }> } };
    expect(diagnosis.evidence.map(({ text }) => text).join('\n')).toMatch(says);
    await expect.poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 30_000 }).toBe('');
    expect((await testbed.exec('node1', ['pgrep', '-u', 'alice', '-a'], { user: 'root' })).stdout).toBe('');
  },
);

test('missing weights in a folder that the login host sees are refused before anything is queued', async () => {
  const { code, last } = await alice.fairlead('deploy', ...realVllm('early', { args: withoutFlag('--load-format') }));
  expect({ code, last }).toMatchObject({
    code: 1,
    last: { error: { code: 'weights_incomplete', hint: expect.stringMatching(/Copy the missing files/) } },
  });
  expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
});
