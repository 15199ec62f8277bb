// The clients that are tried: how each is started, and what it must have said.

import { fileURLToPath } from 'node:url';

export interface Client {
  name: string;
  kind: 'node' | 'shell' | 'python';
  file: string;
  /** Each must match a line of what it printed. */
  says: readonly RegExp[];
}

const HERE = fileURLToPath(new URL('..', import.meta.url));
const FAILURES = [/^wrong key: 401/m, /^wrong model: 404/m, /^too long: 400/m];
const CANCEL = /^cancel: (true|True|[123])$/m;
const ALL = [
  /^chat: .{20}/m,
  /^stream: ([2-9]|\d\d+) pieces/m,
  /^tools: (get_)?weather/m,
  /^embeddings: 2/m,
  ...FAILURES,
  CANCEL,
];
/** A command of words alone: no embeddings, and its own names for failures. */
const LLM = [/^chat: .{20}/m, /^stream: \d\d+ words/m, /^tools: llm_version/m, /^wrong key: ./m, ...FAILURES.slice(1)];

export const CLIENTS: readonly Client[] = [
  { name: 'curl', kind: 'shell', file: `${HERE}curl.sh`, says: ALL },
  { name: 'openai-node', kind: 'node', file: `${HERE}src/openai-node.ts`, says: ALL },
  { name: 'vercel-ai-sdk', kind: 'node', file: `${HERE}src/vercel-ai-sdk.ts`, says: ALL },
  { name: 'langchain', kind: 'node', file: `${HERE}src/langchain.ts`, says: ALL },
  { name: 'openai-python', kind: 'python', file: `${HERE}python/openai_python.py`, says: ALL },
  { name: 'langchain-python', kind: 'python', file: `${HERE}python/langchain_python.py`, says: ALL },
  { name: 'litellm', kind: 'python', file: `${HERE}python/litellm_sdk.py`, says: ALL },
  { name: 'llm', kind: 'shell', file: `${HERE}python/llm_command.sh`, says: LLM },
];

/** Whether it needs the Python environment. */
export function needsPython({ kind, name }: Client): boolean {
  return kind === 'python' || name === 'llm';
}
