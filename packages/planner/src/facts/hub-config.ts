// The fields of a model's config.json that a plan needs, as Transformers writes them. Lenient: other fields pass, and a field of a wrong
// type counts as absent.

import { z } from 'zod';

const count = z.int().min(1).max(1e9).optional().catch(undefined);
const words = z.string().max(200).optional().catch(undefined);

const quantization = z
  .object({
    quant_method: words,
    quant_algo: words,
    bits: count,
    format: words,
    config_groups: z
      .record(z.string(), z.object({ weights: z.object({ num_bits: count, type: words }).optional().catch(undefined) }))
      .optional()
      .catch(undefined),
  })
  .optional()
  .catch(undefined);

/** Of the whole model, or of its language part in a model that sees or hears. */
export const layerFields = z.object({
  model_type: words,
  num_hidden_layers: count,
  n_layer: count,
  decoder_layers: count,
  hidden_size: count,
  n_embd: count,
  d_model: count,
  num_attention_heads: count,
  n_head: count,
  decoder_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count,
  intermediate_size: count,
  moe_intermediate_size: count,
  decoder_ffn_dim: count,
  vocab_size: count,
  max_position_embeddings: count,
  max_seq_len: count,
  n_positions: count,
  max_target_positions: count,
  max_source_positions: count,
  num_local_experts: count,
  num_experts: count,
  n_routed_experts: count,
  n_shared_experts: count,
  num_experts_per_tok: count,
  experts_per_token: count,
  first_k_dense_replace: count,
  kv_lora_rank: count,
  qk_rope_head_dim: count,
  sliding_window: count,
  use_sliding_window: z.boolean().optional().catch(undefined),
  sliding_window_pattern: count,
  attention_chunk_size: count,
  layer_types: z.array(z.string().max(60)).max(10_000).optional().catch(undefined),
  tie_word_embeddings: z.boolean().optional().catch(undefined),
  quantization_config: quantization,
});
export type LayerFields = z.infer<typeof layerFields>;

const part = layerFields.optional().catch(undefined);

export const hubConfig = layerFields.extend({
  architectures: z.array(z.string().max(200)).max(20).optional().catch(undefined),
  text_config: part,
  llm_config: part,
  vision_config: z.object({}).optional().catch(undefined),
});
export type HubConfig = z.infer<typeof hubConfig>;

/** `model.safetensors.index.json`. */
export const weightIndex = z.object({
  metadata: z.object({ total_size: z.number().min(1).max(1e15) }),
});
