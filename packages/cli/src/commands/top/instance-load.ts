// What `fairlead top` shows of one instance, from control's view and two looks at its metrics. Pure.

import { defined } from '@fairlead/kit';
import type { Sample } from '@fairlead/engines/metrics';
import { type DeploymentView, type InstanceNode, type InstanceView, isEnded } from '@fairlead/protocol';

import type { InstanceLoad } from '../../output/lines/observe-lines.ts';

/** One look at the metrics of an instance. */
export interface Look {
  samples: readonly Sample[];
  /** When it was read, by the monotonic clock. */
  atMs: number;
}

export interface Seen {
  deployment: Pick<DeploymentView, 'name' | 'servedModel' | 'cluster'>;
  instance: InstanceView;
  /** Undefined where the metrics cannot be read now. */
  now?: Look | undefined;
  before?: Look | undefined;
  /** Why there are none, where the instance should have some. */
  problem?: string | undefined;
  nowMs: number;
}

/** What the metrics do not say comes from the instance's last heartbeat; what neither says is left out. */
export function loadOfInstance({ deployment, instance, now, before, problem, nowMs }: Seen): InstanceLoad {
  const { load, state, deadlineMs } = instance;
  const value = (name: string) => sumOf(now, name);
  const running = value('fairlead_engine_requests_running') ?? load?.running;
  const left = isEnded(state) || deadlineMs === undefined ? undefined : Math.max(0, (deadlineMs - nowMs) / 1000);
  return {
    name: deployment.name,
    instance: instance.id,
    role: instance.role,
    replica: instance.replica,
    servedModel: deployment.servedModel,
    cluster: deployment.cluster,
    state,
    ...defined({
      jobId: instance.jobId,
      inFlight: value('fairlead_requests_in_flight') ?? load?.inFlight,
      running,
      waiting: value('fairlead_engine_requests_waiting') ?? load?.waiting,
      generationTokensPerSecond: rateOf(tokenCounters.generation, now, before),
      promptTokensPerSecond: rateOf(tokenCounters.prompt, now, before),
      kvCacheUsage: value('fairlead_engine_kv_cache_usage_ratio') ?? load?.kvCacheUsage,
      secondsLeft: left,
      problem,
    }),
    gpus: gpusOf(now),
    ...(instance.nodes.length > 1 ? { nodes: instance.nodes.map((node) => nodeLoadOf(node, now)) } : {}),
  };
}

function nodeLoadOf({ rank, host, state, pressure }: InstanceNode, now: Look | undefined): NodeLoad {
  const own = now && { ...now, samples: now.samples.filter(({ labels }) => labels['rank'] === String(rank)) };
  const memoryHeldBytes = sumOf(own, 'fairlead_node_memory_held_bytes');
  const memoryLimitBytes = sumOf(own, 'fairlead_node_memory_limit_bytes');
  return { rank, host, state, ...defined({ pressure, memoryHeldBytes, memoryLimitBytes }), gpus: gpusOf(own) };
}

type NodeLoad = NonNullable<InstanceLoad['nodes']>[number];

/** The engine's own counters are up to date; those that the agent has are as old as its last look. */
const tokenCounters = {
  generation: ['vllm:generation_tokens_total', 'fairlead_engine_generation_tokens_total'],
  prompt: ['vllm:prompt_tokens_total', 'fairlead_engine_prompt_tokens_total'],
} as const;

/** Undefined without two looks, and where the counter began again: the engine was restarted. */
function rateOf(names: readonly string[], now: Look | undefined, before: Look | undefined): number | undefined {
  if (!now || !before || now.atMs <= before.atMs) return undefined;
  const name = names.find((one) => sumOf(now, one) !== undefined);
  if (name === undefined) return undefined;
  const grown = (sumOf(now, name) ?? 0) - (sumOf(before, name) ?? 0);
  return grown < 0 ? undefined : (grown * 1000) / (now.atMs - before.atMs);
}

/** Over engines (data parallel). */
function sumOf(look: Look | undefined, name: string): number | undefined {
  const values = (look?.samples ?? []).filter((sample) => sample.name === name && Number.isFinite(sample.value));
  return values.length === 0 ? undefined : values.reduce((sum, { value }) => sum + value, 0);
}

const gpuFields = {
  fairlead_gpu_utilization_ratio: 'utilization',
  fairlead_gpu_memory_used_bytes: 'memoryUsedBytes',
  fairlead_gpu_memory_total_bytes: 'memoryTotalBytes',
} as const;

interface Gpu {
  id: string;
  utilization?: number;
  memoryUsedBytes?: number;
  memoryTotalBytes?: number;
}

function gpusOf(look: Look | undefined): Gpu[] {
  const gpus = new Map<string, Gpu>();
  for (const { name, labels, value } of look?.samples ?? []) {
    const field = Object.hasOwn(gpuFields, name) ? gpuFields[name as keyof typeof gpuFields] : undefined;
    const id = labels['gpu'];
    if (field === undefined || id === undefined || !Number.isFinite(value)) continue;
    const key = `${labels['rank'] ?? ''} ${id}`;
    gpus.set(key, { ...(gpus.get(key) ?? { id }), [field]: value });
  }
  return [...gpus.values()];
}
