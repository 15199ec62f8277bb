// Bodies of the OpenAI API: the fields that our types promise. All other fields of a request or an answer pass through unchanged.

export interface ChatMessage {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  /** Text, or OpenAI's content parts. `null` where an assistant only called tools. */
  content: string | null | readonly Record<string, unknown>[];
  /** OpenAI's other fields: `name`, `tool_calls`, `tool_call_id`. */
  [field: string]: unknown;
}

/** Body of `POST /v1/chat/completions`. */
export interface ChatRequest {
  messages: readonly ChatMessage[];
  /** Absent: the deployment's own. */
  model?: string;
  /** Tokens at most. */
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
  stop?: string | readonly string[];
  seed?: number;
  tools?: readonly Record<string, unknown>[];
  /** Other fields that the engine takes, such as `top_k` or `response_format`. */
  [field: string]: unknown;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens?: number;
  total_tokens: number;
}

/** `stop`, `length`, `tool_calls`, or the engine's own word. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | (string & {});

export interface ToolCall {
  id: string;
  type: 'function';
  /** `arguments` is JSON as the model wrote it: parse it with care. */
  function: { name: string; arguments: string };
}

/** Answer of `chat()`. */
export interface ChatCompletion {
  id: string;
  model: string;
  /** Seconds since the epoch. */
  created: number;
  choices: ChatChoice[];
  usage?: Usage;
}

export interface ChatChoice {
  index: number;
  message: { role: 'assistant'; content: string | null; tool_calls?: ToolCall[] };
  finish_reason: FinishReason | null;
}

/** One event of `chatStream()`. */
export interface ChatChunk {
  id: string;
  model: string;
  created: number;
  /** Empty in the event that only carries `usage`. */
  choices: ChatChunkChoice[];
  /** With `stream_options: { include_usage: true }`, in the last event. */
  usage?: Usage | null;
}

export interface ChatChunkChoice {
  index: number;
  delta: { role?: 'assistant'; content?: string | null; tool_calls?: ToolCallDelta[] };
  finish_reason: FinishReason | null;
}

export interface ToolCallDelta {
  index: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}

/** Body of `POST /v1/completions`. */
export interface CompletionRequest {
  prompt: string | readonly string[];
  /** Absent: the deployment's own. */
  model?: string;
  max_tokens?: number;
  temperature?: number;
  stop?: string | readonly string[];
  [field: string]: unknown;
}

/** Answer of `complete()`. */
export interface Completion {
  id: string;
  model: string;
  created: number;
  choices: { index: number; text: string; finish_reason: FinishReason | null }[];
  usage?: Usage;
}

/** Body of `POST /v1/embeddings`. */
export interface EmbeddingRequest {
  input: string | readonly string[];
  /** Absent: the deployment's own. */
  model?: string;
  [field: string]: unknown;
}

/** Answer of `embed()`: one entry for each input, in its order. */
export interface Embeddings {
  model: string;
  data: { index: number; embedding: number[] }[];
  usage?: Usage;
}

/** One entry of `GET /v1/models`. */
export interface Model {
  id: string;
  /** The model's context in tokens, where the engine says it. */
  max_model_len?: number | null;
  /** A LoRA adapter's base. */
  parent?: string | null;
  owned_by?: string;
}
