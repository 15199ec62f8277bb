// The format of a model preset: what one model needs and how it is served, each figure with the page that it comes from.

import { z } from 'zod';

const count = z.int().min(1);
const source = z.url();

/** How a layer keeps what it has read of a request. */
const kvCache = z.discriminatedUnion('kind', [
  z.strictObject({
    /** A key and a value for each group of query heads. */
    kind: z.literal('grouped'),
    heads: count,
    headDim: count,
    /** Layers that look back only so many tokens: a sliding window, or chunks. */
    window: z.strictObject({ layers: count, tokens: count }).optional(),
    /** Tokens of an encoder that each request keeps besides its own. */
    encoderTokens: count.optional(),
  }),
  /** Multi-head latent attention: one compressed vector for all heads, which every GPU of a tensor-parallel group keeps. */
  z.strictObject({ kind: z.literal('latent'), rank: count, ropeDim: count }),
  /** Encoders keep nothing between steps. */
  z.strictObject({ kind: z.literal('none') }),
]);

export const quantizations = ['bf16', 'fp8', 'mxfp4', 'awq', 'gptq'] as const;

export const modelPreset = z.strictObject({
  /** What `deploy` and `plan` call it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and dashes'),
  /** Its id on the Hugging Face hub. */
  model: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be org/model'),
  title: z.string().min(1),
  task: z.enum(['chat', 'embedding', 'reranker', 'speech']),
  /** Absent: its model card was not at hand. */
  licence: z.strictObject({ name: z.string(), isGated: z.boolean(), source }).optional(),
  quantization: z.enum(quantizations),
  /** Why vLLM refuses it on a GPU without bf16, where the weights are used as fp16. */
  noFp16: z.strictObject({ why: z.string(), source }).optional(),
  /** Bytes of the weights on all GPUs together. */
  weights: z.strictObject({ bytes: count, how: z.string(), source }),
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
  }),
  context: z.strictObject({ tokens: count, source }),
  /** Arguments of vLLM besides those that a plan gives, such as the parsers. */
  args: z.array(z.string()),
  argsSource: source.optional(),
  /** A hint: how many hours such a job is usually wanted. */
  hours: z.int().min(1),
  /** Where it fits, as it is shown where nothing is known of the site. A test holds it to the planner. */
  fits: z.strictObject({ gpu: z.string(), gpus: count, nodes: count, context: count, concurrency: count }),
  /** Presets of the same model in other formats, smaller ones first. */
  siblings: z.array(z.string()).optional(),
});
export type ModelPreset = z.infer<typeof modelPreset>;
