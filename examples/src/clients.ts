// The clients: the command that starts each, and its expected output.

import { fileURLToPath } from 'node:url';

export interface Client {
  name: string;
  kind: 'node' | 'shell' | 'python';
  file: string;
  /** Each must match a line of the output. */
  says: readonly RegExp[];
}

const here = fileURLToPath(new URL('..', import.meta.url));
const failures = [/^wrong key: 401/m, /^wrong model: 404/m, /^too long: 400/m];
const cancel = /^cancel: (true|True|[123])$/m;
const all = [
  /^chat: .{20}/m,
  /^stream: ([2-9]|\d\d+) pieces/m,
  /^tools: (get_)?weather/m,
  /^embeddings: 2/m,
  ...failures,
  cancel,
];
/** A command without embeddings, and with its own names of failures. */
const llm = [/^chat: .{20}/m, /^stream: \d\d+ words/m, /^tools: llm_version/m, /^wrong key: ./m, ...failures.slice(1)];

/** Anthropic's dialect has no embeddings, and counts tokens. */
const anthropic = [
  /^chat: .{20}/m,
  /^stream: ([2-9]|\d\d+) pieces/m,
  /^tokens: [1-9]/m,
  /^wrong key: 401/m,
  /^wrong model: 404/m,
  cancel,
];

export const clients: readonly Client[] = [
  { name: 'curl', kind: 'shell', file: `${here}curl.sh`, says: all },
  { name: 'openai-node', kind: 'node', file: `${here}src/openai-node.ts`, says: all },
  { name: 'vercel-ai-sdk', kind: 'node', file: `${here}src/vercel-ai-sdk.ts`, says: all },
  { name: 'langchain', kind: 'node', file: `${here}src/langchain.ts`, says: all },
  { name: 'anthropic-node', kind: 'node', file: `${here}src/anthropic-node.ts`, says: anthropic },
  { name: 'openai-python', kind: 'python', file: `${here}python/openai_python.py`, says: all },
  { name: 'langchain-python', kind: 'python', file: `${here}python/langchain_python.py`, says: all },
  { name: 'litellm', kind: 'python', file: `${here}python/litellm_sdk.py`, says: all },
  { name: 'llm', kind: 'shell', file: `${here}python/llm_command.sh`, says: llm },
];

/** Whether it needs the Python environment. */
export function needsPython({ kind, name }: Client): boolean {
  return kind === 'python' || name === 'llm';
}

/** Where the clients read the place of the model: as `fairlead exec` sets it. */
export function clientEnv({ baseUrl, apiKey, model }: { baseUrl: string; apiKey: string; model: string }) {
  return {
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: apiKey,
    OPENAI_MODEL: model,
    ANTHROPIC_BASE_URL: baseUrl.replace(/\/v1$/, ''),
    ANTHROPIC_AUTH_TOKEN: apiKey,
  };
}
