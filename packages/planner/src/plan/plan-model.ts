// Plans a deployment from a model, a place and a wish: the smallest layout that holds the model, and its job. Pure.

import { formatSupport, fp8CacheDoubt, type Gpu, gpuLabel, hasBf16, missingFromVllm } from '../gpu.ts';
import type { ModelFacts } from '../model-preset.ts';
import { gpusOf, type Layout, listLayouts, pipelineFault, tensorParallelFault, type WantedSplit } from './layout.ts';
import { type MemoryNeed, memoryNeed, memoryOptions, memoryUtilization, reserveBytes, type Wish } from './memory.ts';
import type { Place } from './place.ts';
import { gibWords } from './words.ts';

export interface Reason {
  /** The number that the reason explains: `weights`, `KV cache`. */
  of: string;
  why: string;
}

export interface JobNeed {
  /** Per node. */
  cpus: number;
  memoryGb: number;
  hours: number;
}

export interface Cost {
  perHour: number;
  wholeJob: number;
  unit: string;
}

interface Judged {
  model: ModelFacts;
  place: Place;
  wish: Wish;
  /** Facts that do not prevent the deployment but that the user has to know. */
  warnings: string[];
}

export interface FittingPlan extends Judged {
  fits: true;
  layout: Layout;
  memory: MemoryNeed;
  job: JobNeed;
  cost?: Cost;
  /** The explanation of each number of the plan. */
  reasons: Reason[];
  /** Settings of the engine, by their names in `engines.<name>` of the configuration. */
  options: ModelFacts['options'];
  /** Arguments of the engine for which there is no setting. */
  args: readonly string[];
}

export interface PlanRefusal extends Judged {
  fits: false;
  why: string;
}

const memoryGbPerGpu = 64;
const cpusPerGpu = 8;

export function planModel(model: ModelFacts, place: Place, wish: Wish): FittingPlan | PlanRefusal {
  const support = formatSupport(place.gpu, model.quantization);
  const unusable = support.kind === 'no' ? support.why : fp16Refusal(model, place.gpu);
  const warnings = [
    support.kind === 'slower' && unusable === undefined ? support.why : undefined,
    wish.kvCacheDtype === 'fp8' ? fp8CacheDoubt(place.gpu) : undefined,
    missingFromVllm(place.gpu),
    model.shape.estimate,
  ].filter((warning) => warning !== undefined);
  const judged = { model, place, wish, warnings };
  if (unusable !== undefined) return { ...judged, fits: false, why: unusable };
  if (wish.context > model.context.tokens) {
    const why = `${model.name} reads at most ${model.context.tokens} tokens: got ${wish.context}`;
    return { ...judged, fits: false, why };
  }
  const { spreadsExperts = false } = place.wantedSplit ?? {};
  const layouts = listLayouts(model, place).map((layout) => ({
    layout,
    memory: memoryNeed(model, place.gpu, layout, { ...wish, spreadsExperts }),
  }));
  const chosen = layouts.find(({ memory }) => memory.free >= 0);
  if (!chosen) return { ...judged, fits: false, why: shortage(model, place, layouts) };
  const job = jobOf(model, place, chosen.layout);
  const cost = costOf(place, chosen.layout, job);
  const reasons = [
    ...memoryReasons(model, chosen, wish),
    fewerReason(model, place, { chosen: chosen.layout, layouts }),
    ...jobReasons(model, place, job),
  ];
  const options = engineOptions(model, { layout: chosen.layout, place, wish });
  const { args = [] } = model;
  return { ...judged, ...chosen, job, ...(cost ? { cost } : {}), reasons, options, args, fits: true };
}

function fp16Refusal({ noFp16 }: ModelFacts, gpu: Gpu): string | undefined {
  return noFp16 === undefined || hasBf16(gpu) ? undefined : `${gpuLabel(gpu)} has no bf16: ${noFp16.why}`;
}

interface Tried {
  layout: Layout;
  memory: MemoryNeed;
}

function shortage(model: ModelFacts, place: Place, layouts: readonly Tried[]): string {
  const [best] = layouts.toSorted((a, b) => b.memory.free - a.memory.free);
  const { wantedGpus = 0, wantedNodes = 1, wantedSplit = {}, gpusPerNode } = place;
  if (wantedGpus > gpusPerNode)
    return `its nodes have ${gpusPerNode} GPU${gpusPerNode === 1 ? '' : 's'}: got ${wantedGpus}`;
  if (wantedNodes > place.nodes)
    return `a plan counts on at most ${place.nodes} node${place.nodes === 1 ? '' : 's'} there: got ${wantedNodes}`;
  const fault = splitFault(model, wantedSplit);
  if (!best && fault !== undefined) return fault;
  if (!best && wantedGpus > 1 && Object.keys(wantedSplit).length === 0)
    return tensorParallelFault(model, wantedGpus) ?? `${model.name} cannot be split over ${wantedGpus} GPUs`;
  if (!best) return `${model.name} cannot be split over the GPUs of ${place.label}`;
  return `even ${layoutWords(best.layout)} of ${gpuLabel(place.gpu)} ${notEnough(best.layout)}: ${needWords(best.memory)}`;
}

function splitFault(model: ModelFacts, { tp = 1, pp = 1 }: WantedSplit): string | undefined {
  return tensorParallelFault(model, tp) ?? pipelineFault(model, pp);
}

function notEnough(layout: Layout): string {
  return gpusOf(layout) === 1 ? 'is not enough' : 'are not enough';
}

function needWords({ usable, free }: MemoryNeed): string {
  return `each GPU would need ${gibWords(usable - free)} and has ${gibWords(usable)} to give`;
}

export function layoutWords(layout: Layout): string {
  const { tp, pp, nodes, copies = 1 } = layout;
  const gpus = gpusOf(layout);
  const parts = [
    tp > 1 ? `tensor-parallel ${tp}` : '',
    pp > 1 ? `pipeline ${pp}` : '',
    copies > 1 ? `data-parallel ${copies}` : '',
  ];
  const split = parts.filter(Boolean).join(' × ');
  return `${gpus} GPU${gpus === 1 ? '' : 's'}${nodes > 1 ? ` on ${nodes} nodes` : ''}${split === '' ? '' : ` (${split})`}`;
}

function memoryReasons(model: ModelFacts, { layout, memory }: Tried, wish: Wish): Reason[] {
  const { weights, kvCache, kvPerToken, reserve, free, usable } = memory;
  const each = gpusOf(layout) > 1 ? ' on each GPU' : '';
  const cached = `${gibWords(kvCache)}${each} for ${wish.concurrency} × ${wish.context} tokens, ${(kvPerToken / 1024).toFixed(1)} KiB a token`;
  const parts = [
    `runtime ${gibWords(reserve.runtime)}`,
    `activations ${gibWords(reserve.activations)}`,
    `CUDA graphs ${gibWords(reserve.graphs)}`,
    ...(reserve.vision > 0 ? [`vision encoder ${gibWords(reserve.vision)}`] : []),
  ];
  const share = `${memoryUtilization * 100} % of what the driver reports`;
  return [
    {
      of: 'weights',
      why: `${gibWords(model.weights.bytes)} (${model.weights.how})${each === '' ? '' : `, ${gibWords(weights)}${each}`}`,
    },
    {
      of: 'KV cache',
      why: kvCache === 0 ? 'none: it is an encoder' : `${cached}${wish.kvCacheDtype === 'fp8' ? ' in FP8' : ''}`,
    },
    { of: 'reserve', why: `${gibWords(reserveBytes(reserve))}${each}: ${parts.join(', ')}` },
    {
      of: 'left',
      why: `${gibWords(free)}${each} of ${gibWords(usable)}, which is ${share}${kvCache === 0 ? '' : '; vLLM makes it KV cache too'}`,
    },
  ];
}

/** The reason why fewer GPUs are not enough. */
function fewerReason(
  model: ModelFacts,
  place: Place,
  { chosen, layouts }: { chosen: Layout; layouts: readonly Tried[] },
): Reason {
  const gpus = gpusOf(chosen);
  if (gpus === 1) return { of: 'GPUs', why: `1 ${gpuLabel(place.gpu)} holds it` };
  const fewer = layouts.filter(({ layout, memory }) => gpusOf(layout) < gpus && memory.free < 0);
  const [best] = fewer.toSorted((a, b) => b.memory.free - a.memory.free);
  const tooSmall = best ? `${layoutWords(best.layout)} ${notEnough(best.layout)}: ${needWords(best.memory)}` : '';
  const split = chosen.nodes === 1 && gpus > 2 ? tensorParallelFault(model, gpus - 1) : undefined;
  return { of: 'GPUs', why: `${layoutWords(chosen)}. ${[tooSmall, split].filter(Boolean).join('; ')}` };
}

function jobOf(model: ModelFacts, place: Place, { gpusPerNode }: Layout): JobNeed {
  const share = (whole: number | undefined, wanted: number) =>
    Math.max(1, Math.min(wanted, Math.floor(((whole ?? Infinity) * gpusPerNode) / place.gpusPerNode)));
  return {
    cpus: share(place.cpusPerNode, gpusPerNode * cpusPerGpu),
    memoryGb: share(place.memoryGbPerNode, gpusPerNode * memoryGbPerGpu),
    hours: Math.min(model.hours, place.maxHours ?? model.hours),
  };
}

/** Partitions are limited to minutes: 20 minutes are 0.33 h. */
export function hoursText(hours: number): string {
  return String(Number(hours.toFixed(2)));
}

function jobReasons(model: ModelFacts, place: Place, { cpus, memoryGb, hours }: JobNeed): Reason[] {
  const bounded = place.cpusPerNode === undefined ? '' : ", at most the GPUs' share of the node";
  const longest = place.maxHours === undefined ? '' : `; the partition allows ${hoursText(place.maxHours)} h`;
  const longer = place.longer === undefined ? '' : ` (${hoursText(place.longer.maxHours)} h with ${place.longer.how})`;
  return [
    { of: 'CPUs', why: `${cpus} a node: ${cpusPerGpu} for each GPU, its worker and the API server${bounded}` },
    {
      of: 'memory',
      why: `${memoryGb} GB a node: ${memoryGbPerGpu} for each GPU; weights are read through the page cache, which the kernel takes back${bounded}`,
    },
    { of: 'time', why: `${hoursText(hours)} h, the hint of ${model.name}${longest}${longer}` },
  ];
}

function costOf({ cost }: Place, layout: Layout, { hours }: JobNeed): Cost | undefined {
  if (!cost) return undefined;
  const perHour = gpusOf(layout) * cost.perGpuHour;
  return { perHour, wholeJob: perHour * hours, unit: cost.unit };
}

function engineOptions(
  model: ModelFacts,
  { layout, place, wish }: { layout: Layout; place: Place; wish: Wish },
): ModelFacts['options'] {
  return {
    ...splitOptions(layout),
    ...memoryOptions(wish),
    ...(wish.kvCacheDtype === 'fp8' ? { kvCacheDtype: 'fp8' } : {}),
    ...(hasBf16(place.gpu) ? {} : { dtype: 'half' }),
    ...model.options,
  };
}

/** How a model is split over GPUs; empty for one GPU. */
export function splitOptions({ tp, pp }: Pick<Layout, 'tp' | 'pp'>): ModelFacts['options'] {
  return {
    ...(tp * pp > 1 ? { tensorParallel: tp } : {}),
    ...(pp > 1 ? { pipelineParallel: pp } : {}),
  };
}
