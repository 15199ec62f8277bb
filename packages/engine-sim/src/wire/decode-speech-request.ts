// Decodes a form with speech into the text to write, or into vLLM's refusal.

import { freeText } from '../answer/script.ts';
import { type ApiError, badRequest, invalidField, invalidFields, unprocessable } from './api-error.ts';
import { type Fields, number } from './fields.ts';
import {
  checkModel,
  commonFields,
  type DecodedRequest,
  echoedModel,
  refuseRequest,
  type ServedModel,
} from './generate-request.ts';
import type { AudioForm } from './read-form.ts';
import { speechLanguages } from './speech-languages.ts';
import { waveSeconds } from './wave-seconds.ts';

/** Whisper's prompt: the marks for start, language, task and times. */
const markTokens = 4;

/** A Whisper counts a token for each hundredth of a second. */
const tokensPerSecond = 100;

/** The longest text of a piece of speech. */
const maxSpeechTokens = 448;

export function decodeSpeechRequest(
  kind: 'transcription' | 'translation',
  { fields: given, file }: AudioForm,
  model: ServedModel,
): DecodedRequest {
  const wrong = checkForm(given, file) ?? checkModel(given, model) ?? checkFormat(given, model) ?? checkLanguage(given);
  if (wrong) return refuseRequest(wrong);
  const speechSeconds = file && waveSeconds(file);
  if (file === undefined || speechSeconds === undefined)
    return refuseRequest(badRequest('Invalid or unsupported audio file.'));
  const asked = number(Number(given.max_completion_tokens ?? maxSpeechTokens)) ?? maxSpeechTokens;
  const fields = { ...given, stream: given.stream === 'true' };
  return {
    ok: true,
    request: {
      ...commonFields(fields),
      includeUsage: given.stream_include_usage === 'true',
      kind,
      model: echoedModel(fields, model),
      choices: [{ prompt: Buffer.from(file).toString('latin1'), script: freeText, echo: undefined }],
      promptTokens: markTokens + Math.round(speechSeconds * tokensPerSecond),
      maxTokens: Math.min(asked, maxSpeechTokens),
      logprobs: undefined,
      speechSeconds,
    },
  };
}

/** The fields that have a value when a form does not name them. vLLM counts them where it reports a missing one. */
const preset = `
  prompt response_format timestamp_granularities[] stream stream_include_usage stream_continuous_usage_stats use_beam_search n
  length_penalty include_stop_str_in_output temperature frequency_penalty presence_penalty`
  .trim()
  .split(/\s+/);

const formats = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;

function checkForm(fields: Fields, file: Uint8Array | undefined): ApiError | undefined {
  if (typeof fields.file === 'string') return unprocessable("Expected 'file' to be a file-like object, not 'str'.");
  const option = ['stream_include_usage', 'stream_continuous_usage_stats'].find((name) => fields[name] === 'true');
  if (option !== undefined && fields.stream !== 'true')
    return badRequest('Stream options can only be defined when `stream=True`.', { name: option });
  if (file === undefined) {
    const count = new Set([...preset, ...Object.keys(fields)]).size;
    return invalidField('body.file', { type: 'missing', msg: 'Field required', input: `<dict of ${count} items>` });
  }
  const { response_format: format = 'json' } = fields;
  return formats.some((one) => one === format) || format === 'diarized_json'
    ? undefined
    : unknownFormat(String(format));
}

function unknownFormat(input: string): ApiError {
  const first = formats.map((one) => `'${one}'`);
  const expected = [`${first.slice(0, -1).join(', ')} or ${first.at(-1)}`, "'diarized_json'"];
  const error = { loc: 'body.response_format', type: 'literal_error', input };
  return invalidFields(
    expected.map((words) => ({ ...error, msg: `Input should be ${words}`, bound: `{'expected': "${words}"}` })),
  );
}

/** What the schema knows and no Whisper can write. */
function checkFormat(
  { response_format: format = 'json', stream }: Fields,
  { names }: ServedModel,
): ApiError | undefined {
  if (format === 'srt' || format === 'vtt')
    return badRequest('Currently only support response_format: `text`, `json`, `verbose_json` or `diarized_json`');
  if (format === 'diarized_json') return badRequest(`Currently do not support diarized_json for ${names[0]}`);
  if (format === 'verbose_json' && stream === 'true')
    return badRequest("verbose_json format doesn't support streaming case");
  return undefined;
}

function checkLanguage({ language }: Fields): ApiError | undefined {
  if (typeof language !== 'string' || speechLanguages.includes(language)) return undefined;
  const known = speechLanguages.map((one) => `'${one}'`).join(', ');
  return badRequest(`Unsupported language: '${language}'.  Must be one of [${known}].`);
}
