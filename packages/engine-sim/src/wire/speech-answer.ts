// The bodies of transcriptions and translations: one object for a whole text, chunks for a stream.

import { deflateSync } from 'node:zlib';

import { splitTokens } from '../engine/count-tokens.ts';
import type { Finish } from '../engine/generation.ts';
import { type AnswerContext, type AnswerStream, type ChoiceResult, quote, type Usage, usageFields } from './answer.ts';
import { doneEvent, engineDeadEvent } from './event-stream.ts';
import { number, text } from './fields.ts';

export function wholeTranscription(context: AnswerContext, results: readonly ChoiceResult[]): unknown {
  const written = textOf(results);
  if (isVerbose(context)) return verbose(context, written);
  return { text: written, usage: { type: 'duration', seconds: Math.ceil(secondsOf(context)) } };
}

export function wholeTranslation(context: AnswerContext, results: readonly ChoiceResult[]): unknown {
  const written = textOf(results);
  return isVerbose(context) ? verbose(context, written) : { text: written };
}

function isVerbose({ request }: AnswerContext): boolean {
  return request.fields.response_format === 'verbose_json';
}

function secondsOf({ request }: AnswerContext): number {
  return request.speechSeconds ?? 0;
}

function textOf(results: readonly ChoiceResult[]): string {
  return results.map((result) => result.text).join('');
}

/** One segment for the whole of it. */
function verbose(context: AnswerContext, written: string): unknown {
  const { request, vocabulary } = context;
  const duration = secondsOf(context);
  const bytes = Buffer.from(written);
  const segment = {
    id: 0,
    avg_logprob: -0.25,
    compression_ratio: bytes.length / deflateSync(bytes).length,
    end: duration,
    no_speech_prob: null,
    seek: 0,
    start: 0,
    temperature: number(Number(request.fields.temperature ?? 0)) ?? 0,
    text: written,
    tokens: vocabulary.idsOf(written),
  };
  return {
    duration,
    language: text(request.fields.language) ?? 'en',
    text: written,
    segments: splitTokens(written).length === 0 ? [] : [segment],
    words: null,
  };
}

export function streamSpeech({ id, created, request }: AnswerContext): AnswerStream {
  const name = request.kind === 'transcription' ? 'transcribe' : 'translate';
  const head = { id: `${name}-${id}`, object: `${request.kind}.chunk`, created, model: request.model };
  const start = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
  const chunk = (written: string, more = '') => `${start}{"delta":{"content":${quote(written)}}${more}}]}\n\n`;
  return {
    begin: () => '',
    token: (_choice, written) => (written === '' ? '' : chunk(written)),
    finish: (_choice, written, { reason, stopReason }: Finish) =>
      chunk(written, `,"finish_reason":"${reason}","stop_reason":${JSON.stringify(stopReason)}`),
    end: (usage: Usage) =>
      request.includeUsage ? `${start}],"usage":${JSON.stringify(usageFields(usage))}}\n\n${doneEvent}` : doneEvent,
    failed: () => engineDeadEvent + doneEvent,
  };
}
