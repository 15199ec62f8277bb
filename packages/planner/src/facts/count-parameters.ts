// Estimates the parameters of a transformer from its config, where no file says the size of the weights. Pure.

import type { ModelFacts } from '../model-preset.ts';
import type { LayerFields } from './hub-config.ts';

/** Bytes for each parameter of a linear layer, with its scales. */
const bytesPerParameter: Record<ModelFacts['quantization'], number> = {
  bf16: 2,
  fp8: 1.02,
  mxfp4: 0.54,
  awq: 0.56,
  gptq: 0.56,
};

/** Embeddings and attention of a model in MXFP4 stay in 16 bits. */
export function countParameters(
  text: LayerFields,
  {
    layers,
    hidden,
    heads,
    quantization,
  }: { layers: number; hidden: number; heads: number; quantization: ModelFacts['quantization'] },
): { parameters: number; bytes: number } {
  const headDim = text.head_dim ?? hidden / heads;
  const kvHeads = text.num_key_value_heads ?? heads;
  const inner = text.intermediate_size ?? text.decoder_ffn_dim ?? 4 * hidden;
  const experts = text.num_local_experts ?? text.num_experts ?? text.n_routed_experts ?? 0;
  const expertInner = text.moe_intermediate_size ?? inner;
  const denseLayers = experts > 0 ? (text.first_k_dense_replace ?? 0) : layers;
  // Query and output; key and value, or the compressed vector for both.
  const attention =
    2 * hidden * heads * headDim +
    (text.kv_lora_rank === undefined
      ? 2 * hidden * kvHeads * headDim
      : text.kv_lora_rank * (hidden + 2 * heads * headDim));
  // Gate, up and down.
  const dense = 3 * hidden * inner * denseLayers;
  const sparse = 3 * hidden * expertInner * (experts + (text.n_shared_experts ?? 0)) * (layers - denseLayers);
  const embeddings = (text.vocab_size ?? 0) * hidden * (text.tie_word_embeddings === true ? 1 : 2);
  const feedForward = dense + sparse;
  const perParameter = bytesPerParameter[quantization];
  const perAttention = quantization === 'mxfp4' ? 2 : perParameter;
  return {
    parameters: attention * layers + feedForward + embeddings,
    bytes: Math.ceil(attention * layers * perAttention + feedForward * perParameter + embeddings * 2),
  };
}
