// The recordings that an engine's answers are compared with, how strictly, and the comparison itself.

import { expect } from 'vitest';
import { type Answer, exchange } from './exchange.ts';
import { until } from './open-sim.ts';
import { formType, speechForm } from './speech-form.ts';
import { type RecordedAnswer, readRecorded } from './recorded-answer.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Recordings whose answer must have the same bytes. */
export const exactAnswers = words(`
  health version err-404 err-405 err-bad-json err-empty-body err-image err-messages-empty err-messages-missing
  err-max-tokens-negative err-max-tokens-too-big err-temperature err-wrong-model err-stream-wrong-model
  err-no-key err-wrong-key
  err-tool-unknown err-tool-choice-without-tools err-top-logprobs-alone err-top-logprobs-too-many err-n-zero err-n-greedy
  err-max-tokens-text err-max-tokens-zero err-stream-options err-list-body err-messages-string err-model-type err-content-type
  err-completion-no-prompt err-completion-empty-prompt err-completion-wrong-model err-messages-api-wrong-model
  err-messages-api-no-max err-messages-api-no-messages err-messages-api-empty err-messages-api-bad-json
  err-messages-api-no-model err-messages-api-zero err-messages-api-no-key err-count-tokens-wrong-model
  err-responses-wrong-model err-responses-no-input err-responses-zero err-responses-previous err-response-get
  err-response-cancel err-responses-background err-tokenize-wrong-model err-tokenize-nothing
  err-detokenize-wrong-model err-detokenize-nothing detokenize-bad err-model-by-id err-options embeddings-on-generate
  messages-count-tokens err-lora-no-name err-lora-empty-name err-lora-base-name err-lora-unload-nothing lora-load-nokey
  lora-load-nopath lora-load-missing lora-unload-again`);

/** Recordings whose answer must have the same fields in the same order, with the same types. */
export const shapedAnswers = words(`
  chat chat-n2-stop err-no-model-field completion chat-json-schema chat-logprobs chat-tool-auto chat-tool-forced
  chat-tool-required chat-tool-none chat-tool-result chat-stop-include chat-choice completion-echo completion-echo-zero
  completion-logprobs completion-echo-logprobs completion-tokens completion-default-max messages messages-tool-auto messages-tool-result
  responses responses-choice responses-instructions responses-parts responses-tool-required responses-tool-named
  responses-tool-result responses-schema responses-logprobs tokenize tokenize-chat tokenize-strs detokenize`);

/** Recordings whose stream must have the same events in the same order, in any number. */
export const streamedAnswers = words(`
  chat-tool-required-stream chat-tool-forced-stream chat-logprobs-stream completion-echo-stream
  completion-logprobs-stream messages-text-stream messages-tool-any-stream responses-choice-stream
  responses-tool-required-stream responses-tool-named-stream`);

export const exactEmbeddings = words(`
  err-embeddings-dimensions err-embeddings-wrong-model err-embeddings-empty err-embeddings-empty-list
  err-embeddings-no-key err-chat-on-pooling err-rerank-empty-query
  err-cohere-embed-input-type err-cohere-embed-nothing err-cohere-embed-two err-cohere-embed-types err-cohere-embed-wrong-model
  err-cohere-embed-empty err-cohere-embed-empty-text err-cohere-embed-truncate err-cohere-embed-no-key
  err-pooling-task err-pooling-task-unknown err-pooling-wrong-model err-pooling-nothing err-pooling-empty err-classify-on-embed`);

export const shapedEmbeddings = words(`
  embeddings embeddings-base64 embeddings-list embeddings-tokens embeddings-messages
  pooling-embed pooling-embed-list pooling-embed-base64 pooling-embed-messages pooling-embed-task`);

export const shapedCohere = words('cohere-embed-default cohere-embed-types cohere-embed-inputs cohere-embed-no-model');

export const exactClasses = words(`
  err-classify-wrong-model err-classify-nothing err-classify-empty err-classify-empty-list err-embeddings-on-classify
  err-cohere-embed-on-classify`);

export const shapedClasses = words(`
  classify classify-list classify-tokens classify-messages classify-raw classify-no-model classify-invocations
  pooling-classify pooling-classify-task`);

export const exactScores = words(`
  err-score-wrong-model err-score-nothing err-score-no-documents err-score-counts err-score-empty err-score-v1-no-key
  err-rerank-wrong-model err-rerank-no-query err-rerank-no-documents err-rerank-empty err-rerank-top-negative
  err-rerank-no-key err-transcription-on-pooling err-chat-on-pooling`);

export const shapedScores = words(`
  score score-v1-texts score-pairs score-items score-invocations rerank rerank-v1-top rerank-v2-one rerank-invocations`);

export const exactSpeech = words(`
  err-transcription-srt err-transcription-format err-transcription-verbose-stream err-transcription-diarized
  err-transcription-no-audio err-transcription-empty-file err-transcription-no-file err-transcription-text-file
  err-transcription-wrong-model err-transcription-language err-transcription-stream-options err-transcription-no-key
  err-chat-on-whisper`);

export const shapedSpeech = words('transcription transcription-text transcription-no-model translation');

export const streamedSpeech = words('transcription-stream transcription-stream-usage translation-stream');

interface SentAgain {
  answer: Answer;
  recorded: RecordedAnswer;
}

/** Sends the recorded request and compares the answer without its body. */
export async function sendAgain(engine: { path: string; key: string }, name: string): Promise<SentAgain> {
  const sent = await sendRecorded(engine, name);
  expectHead(sent);
  return sent;
}

/** Sends the recorded request until the answer has the recorded status; then as `sendAgain`. */
export async function sendUntilAnsweredSo(engine: { path: string; key: string }, name: string): Promise<SentAgain> {
  let sent = await sendRecorded(engine, name);
  await until(async () => {
    if (sent.answer.status !== sent.recorded.status) sent = await sendRecorded(engine, name);
    return sent.answer.status === sent.recorded.status;
  });
  expectHead(sent);
  return sent;
}

function expectHead({ answer, recorded }: SentAgain): void {
  expect(answer.status).toBe(recorded.status);
  expect(headersOf(answer)).toEqual(headersOf(recorded));
}

async function sendRecorded(engine: { path: string; key: string }, name: string): Promise<SentAgain> {
  const recorded = readRecorded(name);
  const keyless = /-no-?key$/.test(name);
  const presented = name === 'err-wrong-key' ? 'wrong' : engine.key;
  const headers: Record<string, string> = keyless ? {} : { authorization: `Bearer ${presented}` };
  // The recorder sent `content-type: application/json` with an empty body too.
  if (name === 'err-content-type') headers['content-type'] = 'text/plain';
  const isForm = /^(err-)?(transcription|translation)/.test(name) && !name.endsWith('-on-pooling');
  if (isForm) headers['content-type'] = formType;
  const sent = isForm
    ? speechForm(JSON.parse(recorded.requestBody) as object as Record<string, unknown>)
    : recorded.requestBody;
  const body = recorded.method === 'POST' ? { body: sent } : {};
  const answer = await exchange(engine.path, { method: recorded.method, path: recorded.path, headers, ...body });
  return { answer, recorded };
}

/** Header names in order, with the values that are equal in every run. */
function headersOf({ headers }: Pick<RecordedAnswer, 'headers'>): string[] {
  const telling = new Set(['content-type', 'allow', 'vary', 'server', 'transfer-encoding']);
  return headers
    .filter(([name]) => name !== 'connection' && name !== 'x-request-id')
    .map(([name, value]) => (telling.has(name) ? `${name}: ${value}` : name));
}
