// The content of an answer, decided before its first token: free text, a given text, or tool calls.

import { splitTokens } from '../engine/count-tokens.ts';

export interface ToolCall {
  name: string;
  /** JSON text. */
  arguments: string;
}

export type Script =
  | { kind: 'free' }
  | { kind: 'text'; text: string }
  /** `by`: the reason for the calls, which the routes report differently. */
  | { kind: 'calls'; calls: readonly ToolCall[]; by: 'auto' | 'required' | 'named' };

export const freeText: Script = { kind: 'free' };

/** The tokens in order, undefined for free text. A call begins with an empty token that stands for its name. */
export function scriptTokens(script: Script): readonly string[] | undefined {
  if (script.kind === 'free') return undefined;
  if (script.kind === 'text') return script.text === '' ? [''] : splitTokens(script.text);
  return script.calls.flatMap((call) => ['', ...splitTokens(call.arguments)]);
}

export interface CallPlace {
  call: number;
  /** Whether this token stands for the name. */
  begins: boolean;
  /** Whether this token is the last of its call. */
  ends: boolean;
}

/** Returns, for each next token of `scriptTokens`, the call that it belongs to. */
export function createCallCursor(calls: readonly ToolCall[]): () => CallPlace {
  const sizes = calls.map((call) => 1 + splitTokens(call.arguments).length);
  let call = 0;
  let at = 0;
  return () => {
    const place = { call, begins: at === 0, ends: at === (sizes[call] ?? 1) - 1 };
    at += 1;
    if (place.ends) {
      call += 1;
      at = 0;
    }
    return place;
  };
}

/** The calls in the first `produced` tokens; the last call may be cut. */
export function callsSoFar(calls: readonly ToolCall[], produced: number): ToolCall[] {
  let left = produced;
  const begun: ToolCall[] = [];
  for (const call of calls) {
    if (left <= 0) break;
    const pieces = splitTokens(call.arguments);
    begun.push({ name: call.name, arguments: pieces.slice(0, left - 1).join('') });
    left -= 1 + pieces.length;
  }
  return begun;
}
