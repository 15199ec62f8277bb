// Times one streamed answer as `vllm bench serve` does (vllm/benchmarks/lib/endpoint_request_func.py, vLLM 0.32): the first event with
// a choice is the first token, the time between two such events is an inter-token latency, the last of them ends the request. Pure.

import { readErrorEvent, readUsage } from '@fairlead/openai-wire';

export interface TimedRequest {
  /** Of the clock that the caller reads. */
  startMs: number;
  /** Undefined where no token came, or the request failed; `error` says why. */
  ttftMs: number | undefined;
  itlMs: readonly number[];
  latencyMs: number;
  /** As the engine counts them; 0 where it does not tell. */
  inputTokens: number;
  outputTokens: number;
  error?: string | undefined;
}

export interface StreamTimer {
  /** `data` is the JSON of one event, `atMs` the time at which it came. */
  take(data: string, atMs: number): void;
  fail(reason: string): void;
  outcome(): TimedRequest;
}

export function createStreamTimer(startMs: number): StreamTimer {
  const itlMs: number[] = [];
  let ttftMs: number | undefined;
  let lastMs = startMs;
  let tokens = { input: 0, output: 0 };
  let error: string | undefined;
  return {
    take(data, atMs) {
      const event = parse(data);
      const failure = readErrorEvent(event);
      if (failure) error ??= failure.content.message ?? 'the stream ended with an error without words';
      if (hasChoice(event)) {
        if (ttftMs === undefined) ttftMs = atMs - startMs;
        else itlMs.push(atMs - lastMs);
        lastMs = atMs;
        return;
      }
      const usage = readUsage(event);
      if (usage) tokens = { input: usage.prompt_tokens, output: usage.completion_tokens ?? 0 };
    },
    fail(reason) {
      error ??= reason;
    },
    outcome: () => ({
      startMs,
      ttftMs: error === undefined ? ttftMs : undefined,
      itlMs,
      latencyMs: lastMs - startMs,
      inputTokens: tokens.input,
      // An engine that does not count: one token an event, which is a lower bound.
      outputTokens: tokens.output > 0 ? tokens.output : ttftMs === undefined ? 0 : itlMs.length + 1,
      error: error ?? (ttftMs === undefined ? 'no token came' : undefined),
    }),
  };
}

/** Undefined for an event that is no JSON: it says nothing about time. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function hasChoice(event: unknown): boolean {
  const choices = typeof event === 'object' && event !== null && 'choices' in event ? event.choices : undefined;
  return Array.isArray(choices) && choices.length > 0;
}
