// A real vLLM (its CPU build, with a tiny random model) as the engine. Only with `--real`: it downloads almost a gigabyte once.

import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeContracts, prepareRealEngine } from '@fairlead/engine-sim/testing';
import { openTestbed, type Testbed } from '../../index.ts';

const run = promisify(execFile);
const recipe = (name: string) => fileURLToPath(new URL(`../../../real-vllm/${name}`, import.meta.url));

/** A directory that every user of every host of the testbed can read. */
const venv = process.env['FAIRLEAD_REAL_VLLM'] ?? '/var/cache/fairlead-real-vllm';
/** The system's own Python: alice could not run one below root's home. */
const python = '/usr/bin/python3.11';
const setupTimeoutMs = 600_000;
const startTimeoutMs = 240_000;

let testbed: Testbed;
let lacking: string | undefined;

beforeAll(async () => {
  lacking = process.env['FAIRLEAD_TESTBED_REAL'] === '1' ? await prepare() : 'it runs with --real';
  if (!lacking) testbed = await openTestbed();
}, setupTimeoutMs);

afterAll(async () => {
  if (!lacking) await testbed[Symbol.asyncDispose]();
});

/** Undefined when vLLM and the model are installed; else the reason why not. */
async function prepare(): Promise<string | undefined> {
  try {
    await access(python);
    await run('bash', [recipe('make-venv.sh'), venv], { env: { ...process.env, PYTHON: python } });
    await run(`${venv}/bin/python`, [recipe('make-tiny-model.py'), `${venv}/tiny`]);
    return undefined;
  } catch (error) {
    return `vLLM cannot be had here: ${String(error).slice(0, 300)}`;
  }
}

const settings = [
  `presets.tiny={model: ${venv}/tiny, servedModel: tiny, gpus: 0, mem: 8G, args: [--load-format, dummy, --enforce-eager, --dtype, float32, --max-model-len, "1024"]}`,
  `engines.vllm.command=[${venv}/bin/vllm, serve]`,
  'engines.vllm.env={VLLM_CPU_KVCACHE_SPACE: "1", HF_HUB_OFFLINE: "1", VLLM_NO_USAGE_STATS: "1"}',
];

test(
  'a real vLLM streams through both hops to a curl on the laptop',
  async ({ skip }) => {
    if (lacking) skip(lacking);
    const set = settings.flatMap((setting) => ['--set', setting]);
    const deployed = await testbed.exec('laptop', [
      'fairlead',
      'deploy',
      'tiny',
      '--engine',
      'vllm',
      '--name',
      'real',
      '--json',
      ...set,
    ]);
    expect(deployed.stderr).toBe('');
    expect(lastLine(deployed.stdout)).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });

    const connect = testbed.spawn('laptop', ['fairlead', 'connect', 'real', '--json']);
    const { baseUrl, apiKey } = await firstLine(connect.stdout);
    const body = { model: 'tiny', stream: true, max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] };
    const streamed = await testbed.exec('laptop', [
      'curl',
      '-sN',
      `${baseUrl}/chat/completions`,
      '-H',
      `authorization: Bearer ${apiKey}`,
      '-H',
      'content-type: application/json',
      '-d',
      JSON.stringify(body),
    ]);
    expect(streamed.stdout.split('\n').filter((line) => line.startsWith('data: {')).length).toBeGreaterThan(3);
    expect(streamed.stdout.trimEnd()).toMatch(/data: \[DONE\]$/);

    const stopped = await testbed.exec('laptop', ['fairlead', 'stop', 'real', '--json']);
    expect(lastLine(stopped.stdout)).toMatchObject({ event: 'deployment.stopped', ok: true });
    connect.kill('SIGTERM');
    const left = await testbed.exec('node1', ['pgrep', '-u', 'alice', '-a'], { user: 'root' });
    expect(left.stdout).toBe('');
  },
  startTimeoutMs,
);

describeContracts('real vLLM', (folder) =>
  lacking === undefined ? prepareRealEngine(venv, folder) : Promise.resolve({ lacking }),
);

function lastLine(text: string): unknown {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

async function firstLine(stream: AsyncIterable<unknown> | null): Promise<{ baseUrl: string; apiKey: string }> {
  let text = '';
  for await (const chunk of stream ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return JSON.parse(text.split('\n')[0] ?? '') as { baseUrl: string; apiKey: string };
  }
  throw new Error(`connect ended before it said where: ${text}`);
}
