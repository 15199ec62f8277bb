// From a model's own files to what a plan needs: its layers, its KV cache, its experts and the size of its weights. Pure.

import type { ModelFacts } from '../model-preset.ts';
import { countParameters } from './count-parameters.ts';
import { type HubConfig, hubConfig, type LayerFields, weightIndex } from './hub-config.ts';
import { readQuantization } from './read-quantization.ts';

export type DecodedFacts =
  | { ok: true; model: ModelFacts }
  /** The file does not say what is needed. */
  | { ok: false; reason: string };

export interface ModelFiles {
  /** For people and plans: what the user typed. */
  name: string;
  model: string;
  /** Where the files are, for people. */
  source: string;
  config: unknown;
  /** `model.safetensors.index.json`; small models have none. */
  index?: unknown;
  /** The size of all files with weights, where it is known. */
  weightBytes?: number;
  /** What its authors say that it does: the `pipeline_tag` of the hub. */
  pipelineTag?: string;
}

/** The families whose memory the planner was checked with. Others are decoded in the same way, and the plan says that it is an estimate. */
const knownTypes =
  /^(llama|llama4|llama4_text|qwen2|qwen2_moe|qwen2_5_vl|qwen2_vl|qwen3|qwen3_moe|qwen3_vl|qwen3_vl_moe|qwen3_vl_moe_text|qwen3_vl_text|mistral|mistral3|ministral|mixtral|gemma|gemma2|gemma3|gemma3_text|deepseek_v2|deepseek_v3|gpt_oss|glm4|glm4_moe|glm4_moe_lite|glm4v_moe|phi3|bert|xlm-roberta|roberta|whisper)$/;

export function decodeModelFacts(files: ModelFiles): DecodedFacts {
  const decoded = hubConfig.safeParse(files.config);
  if (!decoded.success) return { ok: false, reason: 'its config.json is no object' };
  const config = decoded.data;
  const text = config.text_config ?? config.llm_config ?? config;
  const layers = text.num_hidden_layers ?? text.n_layer ?? text.decoder_layers;
  const hidden = text.hidden_size ?? text.n_embd ?? text.d_model;
  const heads = text.num_attention_heads ?? text.n_head ?? text.decoder_attention_heads;
  if (layers === undefined || hidden === undefined || heads === undefined)
    return { ok: false, reason: 'its config.json does not say layers, hidden size and heads' };
  const context = text.max_position_embeddings ?? text.max_seq_len ?? text.n_positions ?? text.max_target_positions;
  if (context === undefined) return { ok: false, reason: 'its config.json does not say how many tokens it reads' };
  const task = taskOf(config, files.pipelineTag);
  const experts = expertsOf(text);
  const { source } = files;
  const notes = [typeNote(config, text), heldNote(text)].filter((note) => note !== undefined);
  const { quantization, note } = readQuantization(config.quantization_config ?? text.quantization_config);
  if (quantization === undefined) return { ok: false, reason: note ?? 'its weights are in a format that is not known' };
  const model: ModelFacts = {
    name: files.name,
    model: files.model,
    title: files.model,
    task,
    quantization,
    weights: { ...weightsOf(files, text, { layers, hidden, heads, quantization }), source },
    shape: {
      layers,
      hidden,
      heads,
      kvCache: cacheOf(text, { layers, hidden, heads, task }),
      ...(experts ? { experts } : {}),
      ...(config.vision_config ? { hasVision: true } : {}),
      source,
      ...(notes.length > 0 ? { estimate: `an estimate: ${notes.join('; ')}` } : {}),
    },
    context: { tokens: context, source },
    options: {},
    hours: 4,
  };
  return { ok: true, model };
}

/** https://huggingface.co/docs/hub/models-tasks */
const taskOfTag = new Map<string, ModelFacts['task']>([
  ['automatic-speech-recognition', 'speech'],
  ['feature-extraction', 'embedding'],
  ['sentence-similarity', 'embedding'],
  ['text-ranking', 'reranker'],
]);

/** An embedding model that was made of a decoder has the architecture of the decoder: only its tag tells. */
function taskOf({ architectures = [], model_type: type }: HubConfig, tag = ''): ModelFacts['task'] {
  const [architecture = ''] = architectures;
  if (type === 'whisper') return 'speech';
  if (architecture.endsWith('ForSequenceClassification')) return 'reranker';
  const tagged = taskOfTag.get(tag);
  if (tagged) return tagged;
  return /(Model|ForMaskedLM|Embedding)$/.test(architecture) && !architecture.endsWith('LMHeadModel')
    ? 'embedding'
    : 'chat';
}

function typeNote({ model_type: type = '' }: HubConfig, text: LayerFields): string | undefined {
  if (knownTypes.test(type) || knownTypes.test(text.model_type ?? '')) return undefined;
  return `the architecture ${type || 'of its config'} is not one that the planner knows`;
}

/** Layers without a cache that grows, such as those of Mamba, are counted as layers with one. */
function heldNote({ layer_types: types = [] }: LayerFields): string | undefined {
  const others = new Set(types.filter((one) => !/attention/.test(one) || /linear/.test(one)));
  return others.size === 0 ? undefined : `layers of ${[...others].join(', ')} are counted as layers with a KV cache`;
}

function expertsOf(text: LayerFields): ModelFacts['shape']['experts'] {
  const count = text.num_local_experts ?? text.num_experts ?? text.n_routed_experts;
  const perToken = text.num_experts_per_tok ?? text.experts_per_token;
  return count === undefined || count < 2 || perToken === undefined ? undefined : { count, perToken };
}

interface Basics {
  layers: number;
  hidden: number;
  heads: number;
}

function cacheOf(
  text: LayerFields,
  { layers, hidden, heads, task }: Basics & { task: ModelFacts['task'] },
): ModelFacts['shape']['kvCache'] {
  // The encoders of the BERT family keep nothing; an embedding model made of a decoder does.
  if (/^(bert|roberta|xlm-roberta|modernbert|new|nomic_bert)$/.test(text.model_type ?? '')) return { kind: 'none' };
  if (text.kv_lora_rank !== undefined && text.qk_rope_head_dim !== undefined)
    return { kind: 'latent', rank: text.kv_lora_rank, ropeDim: text.qk_rope_head_dim };
  const window = windowOf(text, layers);
  return {
    kind: 'grouped',
    heads: text.num_key_value_heads ?? heads,
    headDim: text.head_dim ?? Math.ceil(hidden / heads),
    ...(window ? { window } : {}),
    ...(task === 'speech' && text.max_source_positions !== undefined
      ? { encoderTokens: text.max_source_positions }
      : {}),
  };
}

/** Which layers look back only so many tokens: by their list, by the pattern of Gemma, else all of them. */
function windowOf(text: LayerFields, layers: number): { layers: number; tokens: number } | undefined {
  const tokens = text.sliding_window ?? text.attention_chunk_size;
  if (tokens === undefined || text.use_sliding_window === false) return undefined;
  const windowed = text.layer_types
    ? text.layer_types.filter((type) => /sliding|chunked/.test(type)).length
    : layersByPattern(text, layers);
  return windowed === 0 ? undefined : { layers: Math.min(windowed, layers), tokens };
}

const defaultPatterns = [
  ['gemma3', 6],
  ['gemma2', 2],
  ['llama4', 4],
] as const;

/** Transformers' own defaults: every sixth layer of Gemma 3 sees all, every second of Gemma 2, every fourth of Llama 4. */
function layersByPattern(
  { sliding_window_pattern: pattern, model_type: type = '' }: LayerFields,
  layers: number,
): number {
  const every = pattern ?? defaultPatterns.find(([start]) => type.startsWith(start))?.[1];
  return every === undefined ? layers : layers - Math.floor(layers / every);
}

function weightsOf(
  { index, weightBytes }: ModelFiles,
  text: LayerFields,
  basics: Basics & { quantization: ModelFacts['quantization'] },
): { bytes: number; how: string } {
  const indexed = weightIndex.safeParse(index);
  if (indexed.success) return { bytes: indexed.data.metadata.total_size, how: 'as its index of safetensors says' };
  if (weightBytes !== undefined && weightBytes > 0) return { bytes: weightBytes, how: 'the size of its files' };
  const { parameters, bytes } = countParameters(text, basics);
  return { bytes, how: `about ${(parameters / 1e9).toFixed(1)} billion parameters, estimated from its config` };
}
