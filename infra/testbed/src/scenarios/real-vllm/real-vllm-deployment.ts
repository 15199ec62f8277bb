// `fairlead deploy` with the real vLLM and its tiny model.

import { venv } from '../../real-vllm/prepare-real-vllm.ts';

/** For a deployment that starts a real vLLM: 20 s on a quiet machine, minutes on a busy one. */
export const startTimeoutMs = 600_000;

export interface RealSettings {
  /** A directory. Default: the model that has no weights. */
  model?: string;
  /** Arguments of vLLM. Default: those with which it starts fastest. */
  args?: readonly string[];
  /** Goes before vLLM in the command. */
  wrapper?: readonly string[];
  /** `configured`: the command that the cluster's configuration has. */
  command?: 'configured';
  env?: Readonly<Record<string, string>>;
  /** More settings, as `--set` takes them. */
  more?: readonly string[];
}

export const fastArgs = '--load-format dummy --enforce-eager --dtype float32 --max-model-len 100000'.split(' ');

/** Tensor-parallel over two nodes of few cores, with as many starts as a scenario needs. */
export const overTwoNodes: RealSettings = {
  args: [...fastArgs, '--tensor-parallel-size', '2'],
  env: { VLLM_CPU_OMP_THREADS_BIND: 'nobind', OMP_NUM_THREADS: '1' },
  more: ['health={crashLimit: 99, restartBaseSeconds: 0}'],
};

/** Arguments of `fairlead deploy tiny` with the real vLLM as the engine. */
export function realVllm(
  name: string,
  { model = `${venv}/tiny`, args = fastArgs, wrapper = [], command, env = {}, more = [] }: RealSettings = {},
): string[] {
  const quoted = (words: readonly string[]) => words.map((word) => JSON.stringify(word)).join(', ');
  const fixed = { VLLM_CPU_KVCACHE_SPACE: '1', HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' };
  const settings = [
    `presets.tiny={model: ${model}, servedModel: tiny, gpus: 0, mem: 8G, args: [${quoted(args)}]}`,
    ...(command ? [] : [`engines.vllm.command=[${quoted([...wrapper, `${venv}/bin/vllm`, 'serve'])}]`]),
    `engines.vllm.env=${JSON.stringify({ ...fixed, ...env })}`,
    ...more,
  ];
  return ['tiny', '--engine', 'vllm', '--name', name, ...settings.flatMap((setting) => ['--set', setting])];
}
