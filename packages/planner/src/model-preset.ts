// The schema of a model preset: what one model needs and how it is served, each figure with its source.

import { z } from 'zod';

const count = z.int().min(1);
const source = z.url();

/** The form of a layer's KV cache. */
const kvCache = z.discriminatedUnion('kind', [
  z.strictObject({
    /** A key and a value for each group of query heads. */
    kind: z.literal('grouped'),
    heads: count,
    headDim: count,
    /** Layers that look back only `tokens` tokens: a sliding window, or chunks. */
    window: z.strictObject({ layers: count, tokens: count }).optional(),
    /** Tokens of an encoder that the cache holds for each request besides its own. */
    encoderTokens: count.optional(),
  }),
  /** Multi-head latent attention: one compressed vector for all heads, which every GPU of a tensor-parallel group keeps. */
  z.strictObject({ kind: z.literal('latent'), rank: count, ropeDim: count }),
  /** Encoders have no KV cache. */
  z.strictObject({ kind: z.literal('none') }),
]);

export const quantizations = ['bf16', 'fp8', 'mxfp4', 'awq', 'gptq'] as const;

export const modelPreset = z.strictObject({
  /** The name in `deploy` and `plan`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and dashes'),
  /** Its id on the Hugging Face hub. */
  model: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be org/model'),
  title: z.string().min(1),
  task: z.enum(['chat', 'embedding', 'reranker', 'speech']),
  /** Absent: the model card was not available. */
  licence: z.strictObject({ name: z.string(), isGated: z.boolean(), source }).optional(),
  quantization: z.enum(quantizations),
  /** Why vLLM refuses the model on a GPU without bf16, where it would use the weights as fp16. */
  noFp16: z.strictObject({ why: z.string(), source }).optional(),
  /** The size of the weights on all GPUs together. */
  weights: z.strictObject({
    bytes: count,
    how: z.string(),
    /** The part of them that belongs to one expert or another. Absent: not known, so none is taken to be shared out. */
    expertShare: z.number().min(0).max(1).optional(),
    source,
  }),
  shape: z.strictObject({
    layers: count,
    hidden: count,
    /** Query heads. A tensor-parallel size has to divide them. */
    heads: count,
    kvCache,
    experts: z.strictObject({ count, perToken: count }).optional(),
    hasVision: z.boolean().optional(),
    /** The largest tensor-parallel size that the weights allow; `heads` may allow more. */
    maxTensorParallel: z.strictObject({ size: count, why: z.string(), source }).optional(),
    source,
    note: z.string().optional(),
    /** Why a plan with this shape is an estimate. */
    estimate: z.string().optional(),
  }),
  context: z.strictObject({ tokens: count, source }),
  /** Settings of the engine besides those of a plan, such as the parsers: by their names in `engines.<name>` of the configuration. */
  options: z.record(z.string(), z.json()),
  /** Arguments of the engine for which there is no setting. */
  args: z.array(z.string()).optional(),
  optionsSource: source.optional(),
  /** A hint: the usual length of such a job. */
  hours: z.int().min(1),
  /** A place where the model fits, shown if nothing is known about the site. A test checks it against the planner. */
  fits: z.strictObject({ gpu: z.string(), gpus: count, nodes: count, context: count, concurrency: count }),
  /** The presets of the same model in other formats, smaller ones first. */
  siblings: z.array(z.string()).optional(),
});
export type ModelPreset = z.infer<typeof modelPreset>;

/** What a plan needs of a model; that of a preset, or decoded from the model's own files. */
export type ModelFacts = Omit<ModelPreset, 'fits'>;
