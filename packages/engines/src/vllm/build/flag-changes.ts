// The flags of `vllm serve` that came or went with a version, and what stands for each where it is missing.

/** What to do for a vllm that lacks the flag. */
export type Instead =
  /** Another flag with the same values. */
  | { kind: 'rename'; to: string }
  /** Other arguments, made of its values; undefined: there are none for these values. */
  | { kind: 'rewrite'; words: (values: readonly string[]) => string[] | undefined; cure: string }
  /** Nothing; `because` is the consequence, as a clause. */
  | { kind: 'drop'; because: string }
  /** The start is refused. `cure` is a sentence. */
  | { kind: 'refuse'; cure: string };

export interface FlagChange {
  flag: string;
  change: 'added' | 'removed';
  /** The first version with the flag, or the first one without it, as far as versions were read. */
  in: string;
  instead: Instead;
  source: string;
}

const pull = (number: number) => `https://github.com/vllm-project/vllm/pull/${number}`;
const issue = (number: number) => `https://github.com/vllm-project/vllm/issues/${number}`;
/** Seen in the sources of the versions whose flags are in golden/vllm-flags. */
const read = 'vllm/engine/arg_utils.py';
const speculation = 'https://docs.vllm.ai/en/latest/features/spec_decode/';

const drop = (because: string): Instead => ({ kind: 'drop', because });
const refuse = (cure: string): Instead => ({ kind: 'refuse', cure });
const always = (...words: string[]): Instead => ({ kind: 'rewrite', words: () => words, cure: '' });
/** One key of a flag whose value is JSON; vLLM puts such keys together. */
const key = (flag: string, name: string): Instead => ({
  kind: 'rewrite',
  words: ([value]) => (value === undefined ? undefined : [`${flag}.${name}`, value]),
  cure: `Give ${flag} instead.`,
});
const removed = (flag: string, version: string, source: string, instead: Instead): FlagChange => ({
  flag,
  change: 'removed',
  in: version,
  instead,
  source,
});
const added = (flag: string, version: string, source: string, instead: Instead): FlagChange => ({
  flag,
  change: 'added',
  in: version,
  instead,
  source,
});

/** `--task` chose what a pooling model computes. */
const tasks: Readonly<Record<string, string[]>> = {
  auto: [],
  generate: ['--runner', 'generate'],
  transcription: ['--runner', 'generate'],
  embed: ['--runner', 'pooling', '--convert', 'embed'],
  embedding: ['--runner', 'pooling', '--convert', 'embed'],
  classify: ['--runner', 'pooling', '--convert', 'classify'],
  reward: ['--runner', 'pooling'],
  score: ['--runner', 'pooling'],
};

const v0Flags = [
  ['--use-v2-block-manager', '0.10.2'],
  ['--num-scheduler-steps', '0.10.2'],
  ['--multi-step-stream-outputs', '0.10.2'],
  ['--tokenizer-pool-size', '0.10.2'],
  ['--tokenizer-pool-type', '0.10.2'],
  ['--engine-use-ray', '0.9.2'],
  ['--preemption-mode', '0.11.0'],
  ['--scheduler-delay-factor', '0.11.0'],
  ['--disable-async-output-proc', '0.11.0'],
  ['--num-lookahead-slots', '0.12.0'],
  ['--max-num-partial-prefills', '0.32.0'],
  ['--max-long-partial-prefills', '0.32.0'],
  ['--disable-frontend-multiprocessing', '0.32.0'],
] as const;

const removedFlags: readonly FlagChange[] = [
  removed('--disable-log-requests', '0.17.0', pull(35723), drop('requests are not logged by default since 0.10.1')),
  removed('--swap-space', '0.18.0', pull(48549), drop('preempted requests are computed again, and nothing is swapped')),
  removed('--task', '0.13.0', pull(21470), {
    kind: 'rewrite',
    words: ([task = '']) => (Object.hasOwn(tasks, task) ? tasks[task] : undefined),
    cure: 'Use --runner pooling, with --convert embed or --convert classify for a generative model.',
  }),
  removed('--guided-decoding-backend', '0.12.0', pull(29326), {
    kind: 'rewrite',
    words: ([backend]) =>
      backend ? ['--structured-outputs-config.backend', backend.split(':')[0] ?? backend] : undefined,
    cure: 'Use --structured-outputs-config.backend.',
  }),
  ...['disable-fallback', 'disable-any-whitespace', 'disable-additional-properties'].map((name) =>
    removed(
      `--guided-decoding-${name}`,
      '0.12.0',
      pull(29326),
      always(`--structured-outputs-config.${name.replaceAll('-', '_')}`, 'true'),
    ),
  ),
  removed('--enable-reasoning', '0.10.0', issue(18538), drop('--reasoning-parser alone turns it on')),
  removed('--cuda-graph-sizes', '0.13.0', read, { kind: 'rename', to: '--cudagraph-capture-sizes' }),
  removed('--override-pooler-config', '0.12.0', read, { kind: 'rename', to: '--pooler-config' }),
  removed('--disable-mm-preprocessor-cache', '0.13.0', read, always('--mm-processor-cache-gb', '0')),
  removed('--enable-multimodal-encoder-data-parallel', '0.13.0', read, always('--mm-encoder-tp-mode', 'data')),
  removed('--num-redundant-experts', '0.12.0', read, key('--eplb-config', 'num_redundant_experts')),
  removed('--eplb-window-size', '0.12.0', read, key('--eplb-config', 'window_size')),
  removed('--eplb-step-interval', '0.12.0', read, key('--eplb-config', 'step_interval')),
  removed('--worker-use-ray', '0.9.2', read, always('--distributed-executor-backend', 'ray')),
  removed('--speculative-model', '0.9.2', speculation, {
    kind: 'rewrite',
    words: ([model]) => {
      if (model === undefined) return undefined;
      return model === '[ngram]' ? ['--speculative-config.method', 'ngram'] : ['--speculative-config.model', model];
    },
    cure: 'Use `speculative` of engines.vllm.',
  }),
  removed('--num-speculative-tokens', '0.9.2', speculation, key('--speculative-config', 'num_speculative_tokens')),
  removed('--ngram-prompt-lookup-max', '0.9.2', speculation, key('--speculative-config', 'prompt_lookup_max')),
  removed('--ngram-prompt-lookup-min', '0.9.2', speculation, key('--speculative-config', 'prompt_lookup_min')),
  ...['--rope-scaling', '--rope-theta'].map((flag) =>
    removed(flag, '0.12.0', read, refuse('Use --hf-overrides with the `rope_parameters` of the model card.')),
  ),
  removed('--enable-prompt-adapter', '0.10.2', read, refuse('vLLM serves no prompt adapters any more: use LoRA.')),
  removed('--long-lora-scaling-factors', '0.10.2', read, refuse('vLLM serves no Long LoRA any more.')),
  removed('--lora-extra-vocab-size', '0.12.0', read, drop('adapters bring no tokens of their own any more')),
  removed('--max-seq-len-to-capture', '0.11.0', read, drop('--cudagraph-capture-sizes decides what is captured')),
  removed('--calculate-kv-scales', '0.32.0', read, drop("the KV cache takes the scales of the model's files")),
  removed('--device', '0.10.2', read, drop('vLLM finds the kind of device itself')),
  ...v0Flags.map(([flag, version]) =>
    removed(flag, version, issue(18571), drop('it was a setting of the former engine (V0)')),
  ),
];

const newer = (version: string) => `Use vLLM ${version} or later: \`pip install -U vllm\`.`;

const addedFlags: readonly FlagChange[] = [
  added(
    '--uds',
    '0.10.2',
    pull(18097),
    refuse(
      `${newer('0.10.2')} Or run this one as a server of your own: --engine command, with {port} (docs/engines.md).`,
    ),
  ),
  added('--enable-log-requests', '0.10.1', pull(21739), drop('it logs requests by default')),
  ...['--runner', '--convert'].map((flag) =>
    added(flag, '0.10.1', pull(21470), refuse('Use --task, or vLLM 0.10.1 or later.')),
  ),
  added(
    '--structured-outputs-config',
    '0.11.0',
    pull(22772),
    refuse('Use --guided-decoding-backend, or vLLM 0.11.0 or later.'),
  ),
  added('--kv-cache-memory-bytes', '0.10.2', read, refuse(`${newer('0.10.2')} Or set gpuMemoryUtilization.`)),
  ...['--nnodes', '--node-rank', '--master-addr', '--master-port'].map((flag) =>
    added(flag, '0.12.0', pull(23691), refuse(newer('0.12.0'))),
  ),
  added('--disable-access-log-for-endpoints', '0.16.0', pull(30011), drop('its log has a line for each probe')),
  added('--shutdown-timeout', '0.18.0', pull(36666), drop('requests that still run when it is ended are cut')),
];

export const flagChanges: readonly FlagChange[] = [...removedFlags, ...addedFlags];
