// Reads batch, cache, tasks, tools and adapters from the flags of `vllm serve`.

import { defined } from '@fairlead/kit';
import { defaultLimits, type EngineLimits } from '../engine/engine-request.ts';
import type { Convert, LoraOptions, Runner } from '../open-engine-sim.ts';
import type { Adapter } from '../server/adapters.ts';
import { record, text } from '../wire/fields.ts';

export interface SimSettings {
  limits: EngineLimits;
  autoTools: boolean;
  runner: Runner;
  convert: Convert;
  transcribes: boolean;
  lora: LoraOptions;
}

export interface EngineNumbers {
  maxNumSeqs?: number;
  maxNumQueuedReqs?: number;
  numGpuBlocksOverride?: number;
  blockSize?: number;
  kvCacheMemoryBytes?: number;
  maxLoraRank?: number;
}

/** Of the recorded model: 1 GiB holds 2,097,152 tokens. */
const bytesPerToken = 512;
const defaultBlockSize = 16;

export function readEngineOptions(
  values: Readonly<Record<string, unknown>>,
  numbers: EngineNumbers,
  env: NodeJS.ProcessEnv,
): SimSettings {
  const runner = text(values.runner);
  return {
    limits: {
      maxSequences: numbers.maxNumSeqs ?? defaultLimits.maxSequences,
      kvCapacity: kvCapacityOf(numbers),
      maxQueued: numbers.maxNumQueuedReqs ?? defaultLimits.maxQueued,
    },
    // Unlike vLLM, the simulator parses tool calls unless a flag switches that off.
    autoTools: values.enableAutoToolChoice !== false,
    runner: runner === 'generate' || runner === 'pooling' ? runner : 'auto',
    convert: text(values.convert) === 'classify' ? 'classify' : 'embed',
    transcribes: values.simTranscribe === true,
    lora: {
      enabled: values.enableLora === true,
      updates: env.VLLM_ALLOW_RUNTIME_LORA_UPDATING === '1' || env.VLLM_ALLOW_RUNTIME_LORA_UPDATING === 'true',
      ...defined({ maxRank: numbers.maxLoraRank }),
      adapters: Array.isArray(values.loraModules) ? values.loraModules.flatMap(readModule) : [],
    },
  };
}

function kvCapacityOf({ numGpuBlocksOverride, blockSize, kvCacheMemoryBytes }: EngineNumbers): number {
  if (numGpuBlocksOverride !== undefined) return numGpuBlocksOverride * (blockSize ?? defaultBlockSize);
  if (kvCacheMemoryBytes !== undefined) return Math.floor(kvCacheMemoryBytes / bytesPerToken);
  return defaultLimits.kvCapacity;
}

/** `name=path`, or `{"name": …, "path": …}`. */
function readModule(given: string): Adapter[] {
  if (!given.startsWith('{')) {
    const [name = '', ...path] = given.split('=');
    return path.length === 0 ? [] : [{ name, path: path.join('=') }];
  }
  try {
    const { name, path } = record(JSON.parse(given));
    return [{ name: text(name) ?? '', path: text(path) ?? '' }];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
