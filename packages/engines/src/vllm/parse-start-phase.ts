// Reads the phase of vLLM's start from one log line, for the progress display only. Pure.
// Lines of vLLM 0.32, and those of other versions that are known to differ.

import { defined } from '@fairlead/kit';
import type { StartPhase } from '@fairlead/protocol';
import type { PhaseSeen } from '../port/engine-kind.ts';

const markers: ReadonlyArray<{ phase: StartPhase; pattern: RegExp; unit?: string; detail?: string }> = [
  {
    phase: 'loading',
    pattern: /Loading (?:safetensors|pt) checkpoint shards:\s+(\d+)% Completed(?: \| (\d+\/\d+))?/,
    unit: 'shard',
  },
  { phase: 'loading', pattern: /Loading safetensors using .*?:\s+(\d+)%/ },
  { phase: 'loading', pattern: /Prefetching checkpoint files: (\d+)%/ },
  { phase: 'downloading', pattern: /Fetching \d+ files:\s+(\d+)%(?:\|[^|]{0,40}\| (\d+\/\d+))?/, unit: 'file' },
  { phase: 'downloading', pattern: /Downloading shards:\s+(\d+)%/ },
  { phase: 'warming', pattern: /Capturing CUDA graphs.*?:\s+(\d+)%/, detail: 'capturing graphs' },
  { phase: 'booting', pattern: /Initializing a V1 LLM engine|non-default args: / },
  { phase: 'loading', pattern: /Starting to load model |Time spent downloading weights for / },
  {
    phase: 'compiling',
    pattern:
      /Dynamo bytecode transform time|Compiling a graph for |torch\.compile's|load the compiled graph|Warming up model for the compilation/,
  },
  { phase: 'warming', pattern: /Warming up done\./ },
  { phase: 'warming', pattern: /torch\.compile (?:took|takes)|Available KV cache memory|[GC]PU KV cache size: / },
  { phase: 'warming', pattern: /Initial profiling\/warmup run took|init engine \(profile/ },
  { phase: 'probing', pattern: /Application startup complete\./ },
];

export function parseStartPhase(line: string): PhaseSeen | undefined {
  for (const { phase, pattern, unit, detail } of markers) {
    const match = pattern.exec(line);
    if (!match) continue;
    const [, percent, part] = match;
    return {
      phase,
      ...(percent === undefined ? {} : { percent: Number(percent) }),
      ...defined({ detail: part === undefined ? detail : `${unit} ${part}` }),
    };
  }
  return undefined;
}
