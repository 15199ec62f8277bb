// The engine kind `vllm`: the inference server vLLM, for real deployments.

import { namesFlag, valueOfFlag } from '../port/flags.ts';
import type {
  EngineCheck,
  EngineKind,
  EnginePlace,
  EngineSettings,
  EngineWanted,
  WeightsPlace,
} from '../port/engine-kind.ts';
import type { MetricNames } from '../port/parse-metrics.ts';
import { readOptions } from '../port/read-options.ts';
import { rayBeside } from '../ray/find-ray.ts';
import { createRay, rayEnvironment } from '../ray/ray.ts';
import { rayContradictions, type RayOptions } from '../ray/ray-options.ts';
import { chooseDtype } from './choose-dtype.ts';
import { mediaSettings } from './media-settings.ts';
import { argumentsBeside, dtypeOf, optionArguments, optionsNamedIn, tensorArguments } from './option-flags.ts';
import { type VllmOptions, vllmOptions } from './options.ts';
import { checkNodes, nodeEnvironment, nodeFallbacks, placeArguments } from './over-nodes.ts';
import { parseStartPhase } from './parse-start-phase.ts';
import { tellsEnd } from './tells-end.ts';
import { vllmRoutes } from './routes.ts';

export const vllmMetrics: MetricNames = {
  'vllm:num_requests_running': 'running',
  'vllm:num_requests_waiting': 'waiting',
  'vllm:prompt_tokens_total': 'promptTokens',
  'vllm:generation_tokens_total': 'generationTokens',
  'vllm:kv_cache_usage_perc': 'kvCacheUsage',
  // Its name before 2025-11.
  'vllm:gpu_cache_usage_perc': 'kvCacheUsage',
};

/** Flags that the agent or a setting of Fairlead sets. */
const taken: Readonly<Record<string, string>> = {
  '--uds': 'the agent chooses the socket',
  '--host': 'the engine listens at a socket that the agent chooses',
  '--port': 'the engine listens at a socket that the agent chooses',
  '--served-model-name': '`servedModel` of the preset names the model',
};

export const vllm: EngineKind = {
  name: 'vllm',
  title: 'vLLM',
  description: 'vLLM, as it is installed on the cluster or in a container image there.',
  options: vllmOptions,
  examples: {
    command: ['vllm', 'serve'],
    args: ['--enable-log-requests'],
    env: { VLLM_LOGGING_LEVEL: 'INFO' },
  },
  defaultGpus: 1,
  program: { kind: 'installed', command: ['vllm', 'serve'] },
  // vLLM needs ten seconds to print its version; its metadata can be read at once.
  version: {
    distribution: 'vllm',
    command: (serve) => [...(serve.at(-1) === 'serve' ? serve.slice(0, -1) : serve), '--version'],
  },
  secretFlags: ['--api-key', '--hf-token'],
  variables: /^VLLM_\w+$/,
  caches: [
    {
      what: 'a model',
      variable: 'HF_HOME',
      chosen: '${HF_HUB_CACHE:-${HF_HOME:+$HF_HOME/hub}}',
      fallback: '${XDG_CACHE_HOME:-$HOME/.cache}/huggingface/hub',
      // A model of middling size.
      sizeKb: 20 * 1_048_576,
    },
  ],
  weights: weightsPlaceOf,
  metrics: { path: '/metrics', names: vllmMetrics },
  routes: vllmRoutes,
  check: checkVllm,
  checkNodes,
  gpuShare: ({ args, options: given }) =>
    Number(
      valueOfFlag(args, ['--gpu-memory-utilization']) ??
        readOptions('vllm', vllmOptions, given).gpuMemoryUtilization ??
        0.9,
    ),
  companionOf: (wanted) => {
    const options = readOptions('vllm', vllmOptions, wanted.options);
    return rayOf(wanted, options, rayBeside(wanted.command ?? ['vllm', 'serve'], 'vllm'));
  },
  listens: () => 'socket',
  argumentsOf: (given) => optionArguments(readOptions('vllm', vllmOptions, given)),
  combine: (preset, own) => ({
    args: argumentsBeside(preset.args, own.options),
    options: Object.fromEntries(
      Object.entries(preset.options).filter(
        ([name, value]) => optionsNamedIn(own.args, { [name]: value }).length === 0,
      ),
    ),
  }),
  plan(wanted, place) {
    const given = readOptions('vllm', vllmOptions, wanted.options);
    const media = mediaSettings(given, wanted.args);
    const dtype = chooseDtype(dtypeOf(given, wanted.args), place.gpu);
    const words = [
      ...tensorArguments(given, wanted),
      ...optionArguments(given),
      ...wanted.args,
      ...dtype.arguments,
      ...media.arguments,
      ...(place.node?.companion ? ['--distributed-executor-backend', 'ray'] : []),
      ...placeArguments(place, wanted),
    ];
    return {
      argv: serveArguments(wanted.command ?? ['vllm', 'serve'], wanted, words),
      env: serveEnvironment(place, { ...stacksAtFaults, ...media.env, ...wanted.env }),
      fallbacks: nodeFallbacks(place),
      notes: [...dtype.notes, ...(given.executor === 'ray' && wanted.nodes === 1 ? [aloneOnRay] : [])],
      optional: media.optional,
    };
  },
  probe: () => ({ healthPath: '/health' }),
  guard: () => 'socket',
  parsePhase: parseStartPhase,
  tellsEnd,
};

const aloneOnRay = 'On one node vLLM needs no Ray, so executor: ray changes nothing.';

/** Python prints the stacks of all threads when a process of it crashes, and when the agent aborts a hung one (docs.python.org/3/library/faulthandler.html). */
const stacksAtFaults = { PYTHONFAULTHANDLER: '1' };

/** As huggingface_hub finds its cache. */
function weightsPlaceOf(model: string, env: Readonly<Record<string, string | undefined>>): WeightsPlace | undefined {
  if (!/^[\w.-]+\/[\w.-]+$/.test(model) || model.startsWith('.')) return undefined;
  const home = env['HF_HOME'] ?? `${env['XDG_CACHE_HOME'] ?? `${env['HOME'] ?? ''}/.cache`}/huggingface`;
  const cache = env['HF_HUB_CACHE'] ?? `${home}/hub`;
  const folder = `${cache}/models--${model.replace('/', '--')}`;
  return { blobs: `${folder}/blobs`, snapshots: `${folder}/snapshots` };
}

export function serveArguments(
  command: readonly string[],
  wanted: Pick<EngineWanted, 'model' | 'servedModel'>,
  more: readonly string[],
): string[] {
  return [...command, wanted.model, '--served-model-name', wanted.servedModel, ...more];
}

export function serveEnvironment(place: EnginePlace, own: Readonly<Record<string, string>>): Record<string, string> {
  return {
    // The phase display reads lines, not colours.
    NO_COLOR: '1',
    VLLM_LOGGING_COLOR: '0',
    // zmq's ipc paths are this and 37 characters, at most 107 in all; a site's TMPDIR may be too long for that.
    VLLM_RPC_BASE_PATH: place.directory,
    ...nodeEnvironment(place),
    ...(place.node?.companion ? rayEnvironment(place) : {}),
    ...own,
    VLLM_API_KEY: place.engineKey.reveal(),
  };
}

/** Undefined where the settings do not ask for it, and on one node. */
export function rayOf(wanted: EngineWanted, options: RayOptions, beside: readonly string[]) {
  if (options.executor !== 'ray' || wanted.nodes === 1) return undefined;
  return createRay({
    options,
    command: options.rayCommand ?? beside,
    environment: (place) => ({ ...nodeEnvironment(place), ...wanted.env }),
    fallbacks: nodeFallbacks,
  });
}

export function takenFlags(args: readonly string[]): EngineCheck['problems'] {
  return Object.entries(taken)
    .filter(([flag]) => namesFlag(args, flag))
    .map(([flag, why]) => ({ path: 'args', message: `leave ${flag} out: ${why}` }));
}

function checkVllm({ args, options: given }: EngineSettings): EngineCheck {
  const options = readOptions('vllm', vllmOptions, given);
  const doubled = optionsNamedIn(args, options).map(({ option, flag }) => ({
    path: option,
    message: `args name ${flag} too, so ${option} would never be used`,
  }));
  return {
    problems: [
      ...takenFlags(args),
      ...doubled,
      ...contradictions(options, args),
      ...rayContradictions(options),
      ...mediaProblems(options, args),
    ],
    risks: [],
  };
}

function contradictions(options: VllmOptions, args: readonly string[]): EngineCheck['problems'] {
  const { maxNumSeqs = 0, maxNumBatchedTokens = Infinity, loraModules, maxLoraRank, speculative } = options;
  const problems = [];
  if (maxNumBatchedTokens < maxNumSeqs)
    problems.push({
      path: 'maxNumBatchedTokens',
      message: `each of ${maxNumSeqs} requests (maxNumSeqs) needs a token of each step: got ${maxNumBatchedTokens}`,
    });
  if (
    maxLoraRank !== undefined &&
    !loraModules &&
    !namesFlag(args, '--lora-modules') &&
    !namesFlag(args, '--enable-lora')
  )
    problems.push({ path: 'maxLoraRank', message: 'loraModules names no adapter, so it would never be used' });
  if (speculative && speculative.method === undefined && speculative.model === undefined)
    problems.push({ path: 'speculative', message: 'needs a method (such as ngram) or a model that guesses' });
  return problems;
}

function mediaProblems({ mediaDomains, mediaPath }: VllmOptions, args: readonly string[]): EngineCheck['problems'] {
  const problems = [];
  if (mediaDomains && namesFlag(args, '--allowed-media-domains'))
    problems.push({
      path: 'mediaDomains',
      message: 'args name --allowed-media-domains too, so mediaDomains would never be used',
    });
  if (mediaDomains && mediaDomains.length > 1 && mediaDomains.includes('*'))
    problems.push({ path: 'mediaDomains', message: '* is any host, so the others would mean nothing' });
  if (mediaPath !== undefined && namesFlag(args, '--allowed-local-media-path'))
    problems.push({
      path: 'mediaPath',
      message: 'args name --allowed-local-media-path too, so mediaPath would never be used',
    });
  return problems;
}
