// Computes the memory that one GPU of a layout needs: weights, KV cache, and vLLM's own memory. The model and its limits:
// docs/decisions/2026-11-30-memory-model-of-the-planner.md

import { type Gpu, gpuLabel, reportedGib } from '../gpu.ts';
import type { ModelFacts } from '../model-preset.ts';
import { type Layout, layersPerStage } from './layout.ts';

export interface Wish {
  /** Tokens of the longest request and its answer together. */
  context: number;
  /** Concurrent requests of that length; at most `maxConcurrency`. */
  concurrency: number;
  kvCacheDtype: 'auto' | 'fp8';
}

/** The defaults for settings that the user leaves out. */
export function defaultWish({ context }: ModelFacts): Wish {
  return { context: Math.min(32_768, context.tokens), concurrency: 4, kvCacheDtype: 'auto' };
}

/** Bytes of one GPU. */
export interface MemoryNeed {
  usable: number;
  weights: number;
  kvCache: number;
  kvPerToken: number;
  reserve: Reserve;
  /** Negative: it does not fit. */
  free: number;
}

export interface Reserve {
  /** CUDA's context, libraries, and NCCL's buffers where there are several GPUs. */
  runtime: number;
  /** What one step of the largest batch computes. */
  activations: number;
  graphs: number;
  /** For vLLM's test of the vision encoder with its largest input at the start. */
  vision: number;
}

export const gib = 2 ** 30;

/** vLLM's own default since 2026-04 (https://github.com/vllm-project/vllm/pull/38284). A plan sets it, because earlier versions have another default. */
export const memoryUtilization = 0.92;

const runtimeBytes = 0.6 * gib;
const ncclBytes = 1.0 * gib;
const graphBytes = 1.0 * gib;
const visionBytes = 2.0 * gib;
/** Buffers of a layer for each token of a batch, in units of the hidden size: attention, the widest part of the MLP, and their inputs, in 2 bytes. */
const activationBytes = 24;
/** The same for each expert that a token is sent to. */
const expertBytes = 6;
/** Scores in 4 bytes, and two copies while a token is chosen. */
const scoreBytes = 12;
/** The largest vocabulary among the presets, Gemma's. */
const largestVocabulary = 262_208;

export interface MemoryOptions {
  /** The experts of a model are shared out among the GPUs of all its copies. */
  spreadsExperts?: boolean;
}

export function memoryNeed(
  model: ModelFacts,
  gpu: Gpu,
  layout: Layout,
  { spreadsExperts = false, ...wish }: Wish & MemoryOptions,
): MemoryNeed {
  const { copies = 1 } = layout;
  const spread = spreadsExperts ? (model.weights.expertShare ?? 0) : 0;
  const usable = reportedGib(gpu) * gib * memoryUtilization;
  const share = (1 - spread) / layout.tp + spread / (layout.tp * copies);
  const weights = model.weights.bytes * stageShare(model, layout) * share;
  // Requests are shared among the copies.
  const kvCache = kvPerRequest(model, gpu, layout, wish) * Math.ceil(wish.concurrency / copies);
  const reserve = reserveOf(model, gpu, layout, wish);
  const all = weights + kvCache + reserveBytes(reserve);
  return { usable, weights, kvCache, kvPerToken: kvPerToken(model, layout, wish), reserve, free: usable - all };
}

export function reserveBytes({ runtime, activations, graphs, vision }: Reserve): number {
  return runtime + activations + graphs + vision;
}

/** Growth of one GPU's KV cache per token of a request that is longer than every window. */
export function kvPerToken(model: ModelFacts, layout: Layout, wish: Pick<Wish, 'kvCacheDtype'>): number {
  const { kvCache, layers } = model.shape;
  const windowed = kvCache.kind === 'grouped' ? (kvCache.window?.layers ?? 0) : 0;
  return (layers - windowed) * stageShare(model, layout) * bytesPerLayer(model, layout, wish);
}

/** The share of all layers that the largest pipeline stage holds. */
function stageShare(model: ModelFacts, layout: Layout): number {
  return layersPerStage(model, layout) / model.shape.layers;
}

/** KV cache of one GPU for one request with the full context. */
function kvPerRequest(model: ModelFacts, gpu: Gpu, layout: Layout, wish: Wish): number {
  const { kvCache } = model.shape;
  const unwindowed = kvPerToken(model, layout, wish) * wish.context;
  if (kvCache.kind !== 'grouped') return unwindowed;
  const perLayer = bytesPerLayer(model, layout, wish) * stageShare(model, layout);
  const { window, encoderTokens = 0 } = kvCache;
  const inWindow = window ? Math.min(wish.context, window.tokens + batchedTokens(gpu)) * window.layers * perLayer : 0;
  return unwindowed + inWindow + encoderTokens * model.shape.layers * perLayer;
}

function bytesPerLayer(model: ModelFacts, { tp }: Layout, { kvCacheDtype }: Pick<Wish, 'kvCacheDtype'>): number {
  const { kvCache } = model.shape;
  const bytes = kvCacheDtype === 'fp8' ? 1 : 2;
  switch (kvCache.kind) {
    case 'grouped':
      // A head that several GPUs need is stored on each of them.
      return 2 * Math.max(1, kvCache.heads / tp) * kvCache.headDim * bytes;
    case 'latent':
      return (kvCache.rank + kvCache.ropeDim) * bytes;
    case 'none':
      return 0;
  }
}

function reserveOf(model: ModelFacts, gpu: Gpu, layout: Layout, wish: Wish): Reserve {
  const { hidden, experts, hasVision = false } = model.shape;
  const tokens = batchedTokens(gpu);
  const perToken = hidden * (activationBytes + (experts?.perToken ?? 0) * expertBytes);
  const scores = model.task === 'chat' ? maxSequences(wish) * largestVocabulary * scoreBytes : 0;
  return {
    runtime: runtimeBytes + (layout.tp * layout.pp > 1 || (layout.copies ?? 1) > 1 ? ncclBytes : 0),
    activations: tokens * perToken + scores,
    graphs: graphBytes,
    vision: hasVision ? visionBytes : 0,
  };
}

/** vLLM's default of --max-num-batched-tokens for an API server, by the memory of the GPU. */
export function batchedTokens(gpu: Gpu): number {
  const size = reportedGib(gpu);
  if (size >= 160) return 16_384;
  return size >= 70 && !gpuLabel(gpu).startsWith('a100:') ? 8192 : 2048;
}

/** vLLM's own default on large GPUs, and less than the tokens of the smallest batch, which --max-num-seqs may not exceed. */
export const maxConcurrency = 1024;

/** A plan's `maxNumSeqs`. vLLM's default would reserve memory for up to 1024 requests. */
export function maxSequences({ concurrency }: Pick<Wish, 'concurrency'>): number {
  return Math.max(64, concurrency);
}

/** Settings for the values that a plan assumes, because vLLM would choose others by its version or the GPU. */
export function memoryOptions(wish: Pick<Wish, 'context' | 'concurrency'>) {
  return {
    maxModelLen: wish.context,
    maxNumSeqs: maxSequences(wish),
    gpuMemoryUtilization: memoryUtilization,
  };
}
