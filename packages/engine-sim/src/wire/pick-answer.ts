// Picks the writer of a route's answer.

import type { AnswerContext, AnswerStream, ChoiceResult, Usage } from './answer.ts';
import { streamChat, wholeChat } from './chat-answer.ts';
import { streamCompletion, wholeCompletion } from './completion-answer.ts';
import type { GenerateRequest } from './generate-request.ts';
import { streamMessage, wholeMessage } from './messages-answer.ts';
import { streamResponse, wholeResponse } from './responses-answer.ts';
import { streamSpeech, wholeTranscription, wholeTranslation } from './speech-answer.ts';

type Kind = GenerateRequest['kind'];

const whole = {
  chat: wholeChat,
  completion: wholeCompletion,
  responses: wholeResponse,
  messages: wholeMessage,
  transcription: wholeTranscription,
  translation: wholeTranslation,
};
const streams = {
  chat: streamChat,
  completion: streamCompletion,
  responses: streamResponse,
  messages: streamMessage,
  transcription: streamSpeech,
  translation: streamSpeech,
};

export function pickWhole(
  kind: Kind,
): (context: AnswerContext, results: readonly ChoiceResult[], usage: Usage) => unknown {
  return whole[kind];
}

export function pickStream(kind: Kind): (context: AnswerContext) => AnswerStream {
  return streams[kind];
}
