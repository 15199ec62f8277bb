// Types docs/quick-start.md as a newcomer does, in order, on a laptop without configuration, and blocks of other pages that name this file.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Block, readBlocks } from '@fairlead/testkit';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher, type Running } from '../researcher.ts';

const timeoutMs = 120_000;
const ours = 'infra/testbed/src/scenarios/laptop/quick-start.scenario.ts';
const testedPage = 'docs/quick-start.md';

const textOf = (page: string) =>
  readFileSync(fileURLToPath(new URL(`../../../../../${page}`, import.meta.url)), 'utf8');
const ofOurs = ({ mark }: Block) => mark.kind === 'run in' && mark.files.includes(ours);
const quickStart = readBlocks(testedPage, textOf(testedPage)).filter(ofOurs);
const others = readBlocks('docs/troubleshooting.md', textOf('docs/troubleshooting.md')).filter(ofOurs);
const isUninstall = ({ text }: Block) => text.startsWith('fairlead uninstall');
const inOrder = [...quickStart.filter((block) => !isUninstall(block)), ...others, ...quickStart.filter(isUninstall)];

/** The page's own table of names that differ in the testbed. */
const replacements = [...textOf(testedPage).matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm)].map(
  ([, name = '', here = '']) => [name, here] as const,
);

let testbed: Testbed;
let connected: Running | undefined;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  await testbed.exec('laptop', ['rm', '.config/fairlead/config.yaml']);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

async function type(text: string): Promise<{ code: number | null; output: string }> {
  if (!text.startsWith('fairlead connect ')) {
    const { code, stdout, stderr } = await testbed.exec('laptop', ['bash', '--norc', '-euo', 'pipefail', '-c', text]);
    return { code, output: `${stderr}${stdout}` };
  }
  // `connect` keeps running in its own terminal, and ends with its deployment.
  connected = new Researcher(testbed).start(...text.split(' ').slice(1));
  return { code: 0, output: await connected.line((line) => line.includes('"baseUrl"')) };
}

/** The expected output, by the beginning of the block. */
const expectedOutput: Record<string, RegExp> = {
  'fairlead init': /Ready\. Try: fairlead doctor/,
  'fairlead doctor': /ok +Compute node: both hops/,
  'fairlead deploy demo\n': /^demo is ready\./m,
  'fairlead list': /^demo +ready/m,
  'fairlead connect': /127\.0\.0\.1:18000/,
  'export OPENAI_API_KEY': /^data: \{.*"content":".+\n[^]*data: \[DONE\]/m,
  'fairlead deploy Qwen': /^qwen is ready\./m,
  'fairlead config': /vllm serve meta-llama/,
  'fairlead uninstall': /^removed +this machine/m,
};

test('the page has the expected blocks and names', () => {
  expect(quickStart.length).toBeGreaterThan(12);
  expect(replacements.length).toBe(3);
  const unsaid = Object.keys(expectedOutput).filter(
    (start) => !inOrder.some(({ text }) => `${text}\n`.startsWith(start)),
  );
  expect(unsaid).toEqual([]);
});

test.each(inOrder.map((block) => ({ ...block, where: `${block.page}:${block.line}` })))(
  'typed: $where',
  async ({ text }) => {
    const typed = replacements.reduce((now, [name, here]) => now.replaceAll(name, here), text);
    const { code, output } = await type(typed);
    expect(code, output).toBe(0);
    const [, says] = Object.entries(expectedOutput).find(([start]) => `${text}\n`.startsWith(start)) ?? [];
    if (says) expect(output).toMatch(says);
  },
  timeoutMs,
);

test('no host has a file or job left', async () => {
  expect(await connected?.ended).toBe(0);
  for (const host of ['laptop', 'bastion', 'login', 'node1']) {
    const find = ['find', '/home/alice', '/tmp', '-user', 'alice', '-iname', '*fairlead*'];
    expect((await testbed.exec(host, find, { user: 'root' })).stdout, host).toBe('');
  }
  expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
});
