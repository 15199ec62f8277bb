// `fairlead prefetch` with the real huggingface_hub on the login host, from a hub of its own there: progress, a cut in the middle, a
// second run, gated models, a disk that fills up; and a deployment for offline nodes that is refused until the weights are whole.

import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { python, venv } from '../../real-vllm/prepare-real-vllm.ts';
import { Researcher } from '../researcher.ts';

const hubLog = '/tmp/hub.log';
const timeoutMs = 600_000;
const shard = 600_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const hub = testbed.spawn(
    'login',
    [python, '-u', '-c', await readFile(new URL('../../../local-hub/hub.py', import.meta.url), 'utf8'), '8099', hubLog],
    {
      user: 'root',
    },
  );
  const listening = Promise.withResolvers<unknown>();
  hub.stdout?.once('data', listening.resolve);
  hub.once('close', () => listening.reject(new Error('the hub ended')));
  await listening.promise;
}, timeoutMs);

afterAll(() => testbed[Symbol.asyncDispose]());

const settings = [
  'env={HF_HOME: /home/alice/hf, HF_ENDPOINT: "http://127.0.0.1:8099"}',
  `engines.vllm.command=[${venv}/bin/vllm, serve]`,
].flatMap((setting) => ['--set', setting]);

async function onLogin(script: string, user = 'alice'): Promise<string> {
  return (await testbed.exec('login', ['sh', '-c', script], { user })).stdout;
}

it(
  'prefetch fills the cache of the jobs, goes on after a cut, and leaves no process behind',
  async () => {
    const whole = await alice.fairlead('prefetch', 'org/tiny', ...settings);
    expect(whole.last, whole.stderr).toMatchObject({ event: 'prefetched', ok: true, fetchedBytes: 3 * shard + 182 });
    expect(await onLogin('ls /home/alice/hf/hub/models--org--tiny/snapshots/*')).not.toMatch(/picture|pytorch_model/);
    const second = await alice.fairlead('prefetch', 'org/tiny', '--verify', ...settings);
    expect(second.last).toMatchObject({ event: 'prefetched', fetchedBytes: 0 });

    const slow = alice.start('prefetch', 'org/slow', ...settings);
    await slow.line(
      (line) => line.includes('prefetch.progress') && Number(/"bytes":(\d+)/.exec(line)?.[1]) > 2 * shard,
    );
    slow.signal('SIGINT');
    expect(await slow.ended).toBe(130);
    expect(await onLogin("pgrep -u alice -l 'python|bash' || true")).toBe('');
    const refused = await alice.fairlead('deploy', 'org/slow', '--set', 'offline=true', ...settings);
    expect(refused.last).toMatchObject({
      error: {
        code: 'weights_incomplete',
        message: expect.stringContaining('model-00003-of-00003.safetensors is missing') as unknown,
        hint: 'Download them first: fairlead prefetch org/slow --on tb',
      },
    });
    expect(await onLogin('squeue -h -u alice')).toBe('');

    await onLogin(`touch ${hubLog}.fast`, 'root');
    const resumed = await alice.fairlead('prefetch', 'org/slow', ...settings);
    expect(resumed.last).toMatchObject({ event: 'prefetched', fetchedBytes: shard, totalBytes: 3 * shard + 182 });
    const fetched = await onLogin(`grep -c 'GET /org/slow/resolve/.*model-0000[12]' ${hubLog}`);
    expect(fetched.trim()).toBe('2');
    expect(await onLogin("find /home/alice/hf -name '*.incomplete'")).toBe('');
  },
  timeoutMs,
);

it(
  'a disk that fills up during the download ends it with one message; no part of a file stays, and what is whole is not fetched again',
  async () => {
    await onLogin(`rm -f ${hubLog}.fast; mkdir /tmp/filling`, 'root');
    await onLogin('mount -t tmpfs -o size=4M,mode=1777 filling /tmp/filling', 'root');
    const there = [
      '--set',
      'env={HF_HOME: /tmp/filling/hf, HF_ENDPOINT: "http://127.0.0.1:8099"}',
      ...settings.slice(2),
    ];
    const filling = alice.start('prefetch', 'org/slow', ...there);
    await filling.line(
      (line) => line.includes('prefetch.progress') && Number(/"bytes":(\d+)/.exec(line)?.[1]) > 2 * shard,
    );
    await onLogin('dd if=/dev/zero of=/tmp/filling/of-others bs=4k 2>/dev/null || true');
    expect(await filling.ended).toBe(1);
    expect(filling.lines.filter((line) => line.includes('"error"'))).toHaveLength(1);
    expect(JSON.parse(filling.lines.at(-1) ?? '')).toMatchObject({
      error: {
        code: 'disk_full',
        message: 'cannot download org/slow on login because the disk of /tmp/filling/hf/hub is full',
        hint: expect.stringMatching(/^Make room, or name a larger file system.*HF_HOME/) as unknown,
      },
    });
    expect(await onLogin("pgrep -u alice -l 'python|bash' || true")).toBe('');
    expect(await onLogin("find /tmp/filling -name '*.incomplete'")).toBe('');
    await onLogin(`rm /tmp/filling/of-others; touch ${hubLog}.fast`, 'root');
    const resumed = await alice.fairlead('prefetch', 'org/slow', ...there);
    expect(resumed.last).toMatchObject({ event: 'prefetched', fetchedBytes: shard, totalBytes: 3 * shard + 182 });
  },
  timeoutMs,
);

it(
  'prefetch says why a model cannot be had: unknown, gated, without a licence, without a way to the hub, or a full disk',
  async () => {
    const failure = async (...args: string[]) => (await alice.fairlead('prefetch', ...args)).last['error'];
    const says = (code: string, words: string) => ({ code, message: expect.stringContaining(words) as unknown });
    expect(await failure('org/none', ...settings)).toMatchObject(says('model_unavailable', 'knows no such model'));
    expect(await failure('org/gated', ...settings)).toMatchObject(says('model_unavailable', 'no token was sent'));
    const tokenFile = ['--set', 'tokenFile=/home/alice/.hf-token'];
    expect(await failure('org/gated', ...settings, ...tokenFile)).toMatchObject(says('config_invalid', 'tokenFile'));
    await onLogin('umask 077; echo unlicensed > /home/alice/.hf-token');
    expect(await failure('org/gated', ...settings, ...tokenFile)).toMatchObject(says('model_unavailable', 'licence'));
    const away = ['--set', 'env={HF_HOME: /home/alice/hf2, HF_ENDPOINT: "http://127.0.0.1:9"}', ...settings.slice(2)];
    expect(await failure('org/tiny', ...away)).toMatchObject(says('hub_unreachable', 'does not reach Hugging Face'));
    await onLogin('mkdir /tmp/small && mount -t tmpfs -o size=1500k,mode=1777 small /tmp/small', 'root');
    const small = ['--set', 'env={HF_HOME: /tmp/small/hf, HF_ENDPOINT: "http://127.0.0.1:8099"}', ...settings.slice(2)];
    expect(await failure('org/tiny', ...small)).toMatchObject(says('disk_full', '2 MB are needed'));

    const given = await testbed.exec(
      'laptop',
      ['fairlead', 'prefetch', 'org/gated', '--token-stdin', '--json', ...settings],
      { user: 'alice', stdin: 'good\n' },
    );
    expect(JSON.parse(given.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ event: 'prefetched', ok: true });
  },
  timeoutMs,
);
