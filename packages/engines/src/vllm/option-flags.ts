// Turns the settings of `engines.vllm` into flags of `vllm serve`. Pure.

import { namesFlag, valueOfFlag, wordsWithout } from '../port/flags.ts';
import type { RayOptions } from '../ray/ray-options.ts';
import type { VllmOptions } from './options.ts';

type FlagOptions = Omit<VllmOptions, 'mediaDomains' | 'mediaPath' | keyof RayOptions>;
type Options = { [Name in keyof FlagOptions]-?: NonNullable<FlagOptions[Name]> };

interface OptionFlags<Value> {
  /** Its flags, of which any in `args` says the same: the one that is used comes first. */
  flags: readonly [string, ...string[]];
  words: (value: Value, flag: string) => string[];
}

const withValue = (value: string | number, flag: string) => [flag, String(value)];
const asSwitch = (value: boolean, flag: string) => (value ? [flag] : []);
const asJson = (value: unknown, flag: string) => [flag, JSON.stringify(value)];

const optionFlags: { [Name in keyof Options]: OptionFlags<Options[Name]> } = {
  tensorParallel: { flags: ['--tensor-parallel-size', '-tp'], words: withValue },
  pipelineParallel: { flags: ['--pipeline-parallel-size', '-pp'], words: withValue },
  dataParallel: { flags: ['--data-parallel-size', '-dp'], words: withValue },
  expertParallel: { flags: switchFlags('--enable-expert-parallel', '-ep'), words: asSwitch },
  maxModelLen: { flags: ['--max-model-len'], words: withValue },
  gpuMemoryUtilization: { flags: ['--gpu-memory-utilization'], words: withValue },
  maxNumSeqs: { flags: ['--max-num-seqs'], words: withValue },
  maxNumBatchedTokens: { flags: ['--max-num-batched-tokens'], words: withValue },
  prefixCaching: {
    flags: switchFlags('--enable-prefix-caching'),
    words: (value) => [value ? '--enable-prefix-caching' : '--no-enable-prefix-caching'],
  },
  sleepMode: { flags: switchFlags('--enable-sleep-mode'), words: asSwitch },
  dtype: { flags: ['--dtype'], words: withValue },
  quantization: { flags: ['--quantization', '-q'], words: withValue },
  kvCacheDtype: { flags: ['--kv-cache-dtype'], words: withValue },
  loadFormat: { flags: ['--load-format'], words: withValue },
  configFormat: { flags: ['--config-format'], words: withValue },
  tokenizerMode: { flags: ['--tokenizer-mode'], words: withValue },
  trustRemoteCode: { flags: switchFlags('--trust-remote-code'), words: asSwitch },
  enforceEager: { flags: switchFlags('--enforce-eager'), words: asSwitch },
  seed: { flags: ['--seed'], words: withValue },
  toolCallParser: {
    flags: ['--tool-call-parser'],
    words: (value, flag) => ['--enable-auto-tool-choice', flag, value],
  },
  reasoningParser: { flags: ['--reasoning-parser'], words: withValue },
  chatTemplate: { flags: ['--chat-template'], words: withValue },
  loraModules: {
    flags: ['--lora-modules'],
    words: (value, flag) => ['--enable-lora', flag, ...Object.entries(value).map(([name, path]) => `${name}=${path}`)],
  },
  maxLoraRank: { flags: ['--max-lora-rank'], words: withValue },
  speculative: {
    flags: ['--speculative-config', '-sc'],
    words: ({ tokens, ...rest }, flag) => asJson({ ...rest, num_speculative_tokens: tokens }, flag),
  },
  mediaPerPrompt: { flags: ['--limit-mm-per-prompt'], words: asJson },
  mediaEncoderSplit: { flags: ['--mm-encoder-tp-mode'], words: withValue },
  mediaCache: { flags: ['--mm-processor-cache-type'], words: withValue },
};

/** All settings that are flags, with theirs. */
export const flagsByOption: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(optionFlags).map(([name, { flags }]) => [name, flags]),
);

export function optionArguments(options: VllmOptions): string[] {
  return Object.entries(optionFlags).flatMap(([name, { flags, words }]) => {
    const value = options[name as keyof Options];
    return value === undefined ? [] : words(value as never, flags[0]);
  });
}

/** The format that a setting or an argument names; an argument is stronger. */
export function dtypeOf({ dtype }: VllmOptions, args: readonly string[]): string | undefined {
  return valueOfFlag(args, optionFlags.dtype.flags) ?? dtype;
}

/**
 * Splits the layers of one copy over the GPUs of a node, and their sequence over the nodes, where neither a setting nor an argument says how:
 * tensor-parallel processes talk too much for a network between nodes.
 */
export function tensorArguments(
  options: VllmOptions,
  { args, gpus, nodes }: { args: readonly string[]; gpus: number; nodes: number },
): string[] {
  const { tensorParallel, pipelineParallel, dataParallel } = optionFlags;
  if (options.tensorParallel !== undefined || tensorParallel.flags.some((flag) => namesFlag(args, flag))) return [];
  const hasStages =
    options.pipelineParallel !== undefined || pipelineParallel.flags.some((flag) => namesFlag(args, flag));
  const given = (flags: readonly string[], value: number | undefined) => Number(valueOfFlag(args, flags) ?? value ?? 1);
  const copies = given(dataParallel.flags, options.dataParallel);
  if (nodes > 1 && gpus > 0 && !hasStages && copies === 1)
    return [...(gpus > 1 ? [tensorParallel.flags[0], String(gpus)] : []), pipelineParallel.flags[0], String(nodes)];
  const others = given(pipelineParallel.flags, options.pipelineParallel) * copies;
  const tensor = Math.floor((gpus * nodes) / others);
  return tensor > 1 ? [tensorParallel.flags[0], String(tensor)] : [];
}

/** The settings of `options` that `args` name too. */
export function optionsNamedIn(args: readonly string[], options: object): Array<{ option: string; flag: string }> {
  return Object.keys(options).flatMap((option) => {
    const flag = flagsByOption.get(option)?.find((each) => namesFlag(args, each));
    return flag === undefined ? [] : [{ option, flag }];
  });
}

/** `args` without the flags of `options`. */
export function argumentsBeside(args: readonly string[], options: object): string[] {
  const given = Object.keys(options).flatMap((option) => flagsByOption.get(option) ?? []);
  return wordsWithout(args, given);
}

function switchFlags(flag: string, ...more: string[]): [string, ...string[]] {
  return [flag, flag.replace('--', '--no-'), ...more];
}
