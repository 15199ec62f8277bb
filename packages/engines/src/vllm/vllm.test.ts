import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { vllm } from './vllm.ts';

const none: EngineSettings = { args: [], env: {}, options: {} };
const wanted: EngineWanted = { ...none, model: 'a/b', servedModel: 'b', gpus: 4, nodes: 1 };
const engineKey = new Secret('the-key');
const place = { nodePath: '/n', engineSim: [], directory: '/d', socket: '/d/e.sock', port: '', engineKey };

it('vllm on several GPUs splits the model over them, unless arguments say how', () => {
  expect(vllm.plan(wanted, place).argv.join(' ')).toContain('--tensor-parallel-size 4');
  const said = { ...wanted, args: ['--tensor_parallel_size=2'] };
  expect(vllm.plan(said, place).argv.join(' ')).not.toContain('--tensor-parallel-size');
  expect(vllm.plan({ ...wanted, gpus: 1 }, place).argv.join(' ')).not.toContain('tensor');
});

it('vllm fetches no media unless the configuration allows it', () => {
  const closed = vllm.plan(wanted, place);
  expect(closed.optional?.words[0]).toBe('--allowed-media-domains');
  expect(closed.env).toMatchObject({ VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0', VLLM_API_KEY: 'the-key' });
  const open = vllm.plan({ ...wanted, options: { mediaDomains: ['*'], mediaPath: '/data/img' } }, place);
  expect(open.optional).toBeUndefined();
  expect(open.argv.join(' ')).toContain('--allowed-local-media-path /data/img');
  expect(open.env).not.toHaveProperty('VLLM_MEDIA_URL_ALLOW_REDIRECTS');
});

it('vllm turns its settings into flags, before the arguments of the user', () => {
  const options = {
    pipelineParallel: 2,
    maxModelLen: 'auto',
    toolCallParser: 'hermes',
    prefixCaching: false,
    sleepMode: false,
    loraModules: { sql: '/a/sql' },
    speculative: { method: 'ngram', tokens: 3 },
    mediaPerPrompt: { image: 2, video: 0 },
    mediaEncoderSplit: 'data',
    mediaCache: 'shm',
    tokenizerMode: 'mistral',
    configFormat: 'mistral',
  };
  const { argv } = vllm.plan({ ...wanted, options, args: ['--x', '1'] }, place);
  const start = ['vllm', 'serve', 'a/b', '--served-model-name', 'b', '--tensor-parallel-size', '2'];
  const flags = ['--pipeline-parallel-size', '2', '--max-model-len', 'auto', '--no-enable-prefix-caching'];
  const parser = ['--enable-auto-tool-choice', '--tool-call-parser', 'hermes'];
  const lora = ['--enable-lora', '--lora-modules', 'sql=/a/sql'];
  const speculation = ['--speculative-config', '{"method":"ngram","num_speculative_tokens":3}'];
  const shared = ['--mm-encoder-tp-mode', 'data', '--mm-processor-cache-type', 'shm'];
  const media = ['--limit-mm-per-prompt', '{"image":2,"video":0}', ...shared];
  const formats = ['--config-format', 'mistral', '--tokenizer-mode', 'mistral'];
  expect(argv).toEqual([
    ...start,
    ...flags,
    ...formats,
    ...parser,
    ...lora,
    ...speculation,
    ...media,
    '--x',
    '1',
    '--uds',
    '/d/e.sock',
  ]);
});

it('vllm takes half precision on a GPU without bfloat16, also where arguments say auto', () => {
  const gpu = { name: 'Tesla T4', computeCapability: 7.5 };
  const { argv, notes } = vllm.plan({ ...wanted, args: ['--dtype', 'auto'] }, { ...place, gpu });
  expect(argv.join(' ')).toMatch(/--dtype auto --dtype half/);
  expect(notes).toHaveLength(1);
  expect(vllm.plan({ ...wanted, options: { dtype: 'float32' } }, { ...place, gpu }).argv).not.toContain('half');
});

it('vllm drops what a preset says where the configuration says it otherwise', () => {
  const preset = { args: ['--max-model-len', '32768', '--tool-call-parser=x'], options: { seed: 1, maxNumSeqs: 8 } };
  const own = { ...none, args: ['--max_num_seqs', '4'], options: { maxModelLen: 8192 } };
  expect(vllm.combine?.(preset, own)).toEqual({ args: ['--tool-call-parser=x'], options: { seed: 1 } });
});

it.each([
  [{ ...none, args: ['-tp', '2'], options: { tensorParallel: 4 } }, 'tensorParallel'],
  [{ ...none, args: ['--limit-mm-per-prompt.image=2'], options: { mediaPerPrompt: { image: 1 } } }, 'mediaPerPrompt'],
  [{ ...none, args: ['--no-enable-prefix-caching'], options: { prefixCaching: true } }, 'prefixCaching'],
  [{ ...none, options: { maxNumSeqs: 64, maxNumBatchedTokens: 32 } }, 'maxNumBatchedTokens'],
  [{ ...none, options: { maxLoraRank: 8 } }, 'maxLoraRank'],
  [{ ...none, options: { speculative: { tokens: 2 } } }, 'speculative'],
  [{ ...none, args: ['--uds', '/x'] }, 'args'],
  [{ ...none, args: ['--served-model-name=c'] }, 'args'],
  [{ ...none, args: ['--allowed-media-domains', 'x'], options: { mediaDomains: ['y'] } }, 'mediaDomains'],
  [{ ...none, options: { mediaDomains: ['*', 'y'] } }, 'mediaDomains'],
])('vllm names the setting that contradicts another: %j', (settings, path) => {
  expect(vllm.check(settings).problems.map((problem) => problem.path)).toEqual([path]);
});
