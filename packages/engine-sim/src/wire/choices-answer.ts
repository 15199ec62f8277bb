// The common part of chat and text completions: an object with choices, whole or as chunks with the same beginning.

import { systemFingerprint } from '../vllm-version.ts';
import { type AnswerContext, type Usage, usageFields, usageWithDetails } from './answer.ts';
import { doneEvent, engineDeadEvent } from './event-stream.ts';

export interface ChoicesHead {
  id: string;
  object: string;
}

/** `more` follows the usage. */
export function wholeAnswer(
  { created, request }: AnswerContext,
  head: ChoicesHead,
  { choices, usage, more }: { choices: readonly unknown[]; usage: Usage; more?: object },
): unknown {
  return {
    ...head,
    created,
    model: request.model,
    choices,
    service_tier: null,
    system_fingerprint: systemFingerprint,
    usage: usageWithDetails(usage),
    ...more,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

export class ChunkFrame {
  /** The beginning of each chunk, up to its first choice. */
  readonly start: string;
  readonly #request: AnswerContext['request'];
  #ended = 0;

  constructor({ created, request }: AnswerContext, head: ChoicesHead) {
    this.start = `data: ${JSON.stringify({ ...head, created, model: request.model }).slice(0, -1)},"choices":[`;
    this.#request = request;
  }

  /** Counts the end of a choice and returns the end of its chunk: the last one has the fingerprint. */
  endChoice(): string {
    const { choices, includeUsage } = this.#request;
    this.#ended += 1;
    return this.#ended === choices.length && !includeUsage ? fingerprint : '';
  }

  end(usage: Usage): string {
    if (!this.#request.includeUsage) return doneEvent;
    return `${this.start}],"usage":${JSON.stringify(usageFields(usage))}${fingerprint}}\n\n${doneEvent}`;
  }

  failed(): string {
    return engineDeadEvent + doneEvent;
  }
}

const fingerprint = `,"system_fingerprint":${JSON.stringify(systemFingerprint)}`;
