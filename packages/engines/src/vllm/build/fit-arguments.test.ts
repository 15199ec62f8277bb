import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { EngineBuild } from '../../port/engine-build.ts';
import { fitArguments } from './fit-arguments.ts';

function released(version: string): EngineBuild {
  const file = new URL(`../../../golden/vllm-flags/${version}.txt`, import.meta.url);
  return { version, flags: new Set(readFileSync(file, 'utf8').trim().split('\n')) };
}
const fit = (words: string, build: EngineBuild) => fitArguments(words.split(' '), build, () => 'args');
const newest = released('0.32.0');

it.each([
  ['keeps what the version has', '--max-model-len 8 --enforce-eager -tp 2', '--max-model-len 8 --enforce-eager -tp 2'],
  [
    'keeps other forms of a flag',
    '--max_model_len=8 --no-enable-log-requests',
    '--max_model_len=8 --no-enable-log-requests',
  ],
  [
    'keeps beginnings of a flag',
    '--max-model 8 --limit-mm-per-prompt.image 2',
    '--max-model 8 --limit-mm-per-prompt.image 2',
  ],
  ['renames', '--cuda_graph_sizes 1 2 4 --seed 1', '--cudagraph-capture-sizes 1 2 4 --seed 1'],
  ['renames with the value', '--override-pooler-config={"a":1}', '--pooler-config {"a":1}'],
  ['leaves out', '--disable-log-requests --swap-space 4 --seed 1', '--seed 1'],
  ['rewrites', '--task embed', '--runner pooling --convert embed'],
  [
    'rewrites several flags into keys of one',
    '--guided-decoding-backend xgrammar:no-fallback --guided-decoding-disable-any-whitespace',
    '--structured-outputs-config.backend xgrammar --structured-outputs-config.disable_any_whitespace true',
  ],
])('fitArguments %s', (_what, given, fitted) => {
  expect(fit(given, newest).words.join(' ')).toBe(fitted);
});

it('fitArguments says what it did, with the version, and nothing where it did nothing', () => {
  expect(fit('--seed 1', newest).notes).toEqual([]);
  expect(fit('--swap-space 4 --cuda-graph-sizes 8', newest).notes).toEqual([
    'vLLM 0.32.0 has no --swap-space, which is left out: preempted requests are computed again, and nothing is swapped',
    'vLLM 0.32.0 has no --cuda-graph-sizes: --cudagraph-capture-sizes stands for it',
  ]);
});

it.each([
  [
    'a flag that no version has',
    '--max-modle-len 8',
    newest,
    /has no --max-modle-len \(args\)$/,
    /Did you mean --max-model-len\?/,
  ],
  [
    'a flag that is too new',
    '--nnodes 2',
    released('0.11.0'),
    /0\.11\.0 has no --nnodes.*came with 0\.12\.0/,
    /vLLM 0\.12\.0 or later/,
  ],
  ['a flag without a substitute', '--rope-theta 1', newest, /removed by 0\.12\.0/, /--hf-overrides/],
  ['values without a substitute', '--task dream', newest, /has no --task/, /--runner pooling/],
  ['a socket before there were any', '--uds /s', released('0.9.2'), /has no --uds/, /--engine command/],
])('fitArguments refuses %s, with the version and the cure', (_what, given, build, message, hint) => {
  const error: unknown = expect.objectContaining({
    code: 'engine_flag_missing',
    message: expect.stringMatching(message) as unknown,
    hint: expect.stringMatching(hint) as unknown,
  });
  expect(() => fit(given, build)).toThrow(error as Error);
});

it.each([
  ['a later version that names its flags elsewhere', '--some-flag 1', { version: '0.99.0', flags: newest.flags! }],
  ['a later version whose flags are not known', '--some-flag 1', { version: '0.99.0' }],
  ['a build that tells no version', '--swap-space 1', { version: '0.1.dev1+gabc' }],
])('fitArguments passes everything on to %s', (_what, given, build) => {
  expect(fit(given, build)).toEqual({ words: given.split(' '), notes: [] });
});

it('fitArguments goes by the table where only the version is known', () => {
  expect(fit('--swap-space 1 --seed 2', { version: '0.20.1+cu128' }).words).toEqual(['--seed', '2']);
  expect(fit('--swap-space 1', { version: '0.17.1' }).words).toEqual(['--swap-space', '1']);
});
