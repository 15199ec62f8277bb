// Decodes a generating request's body into what to generate, by its route.

import type { Vocabulary } from '../engine/vocabulary.ts';
import { type ApiError, asAnthropic } from './api-error.ts';
import { decodeBody } from './decode-body.ts';
import { decodeChatRequest } from './decode-chat-request.ts';
import { decodeCompletionRequest } from './decode-completion-request.ts';
import { decodeMessagesRequest } from './decode-messages-request.ts';
import { decodeResponsesRequest } from './decode-responses-request.ts';
import type { DecodedRequest, GenerateRequest, ServedModel } from './generate-request.ts';

/** `invocations` is chat or completions, depending on the body. */
export type GenerateRoute = Exclude<GenerateRequest['kind'], 'transcription' | 'translation'> | 'invocations';

export interface Reading {
  model: ServedModel;
  vocabulary: Vocabulary;
}

export function decodeGenerateRequest(
  route: GenerateRoute,
  { contentType, text }: { contentType: string | undefined; text: string },
  { model, vocabulary }: Reading,
): DecodedRequest {
  const body = decodeBody(contentType, text);
  if (!body.ok) return body;
  const { fields } = body;
  switch (route) {
    case 'chat':
      return decodeChatRequest(fields, model);
    case 'completion':
      return decodeCompletionRequest(fields, model, vocabulary);
    case 'responses':
      return decodeResponsesRequest(fields, model);
    case 'messages': {
      const decoded = decodeMessagesRequest(fields, model);
      return decoded.ok ? decoded : { ok: false, error: asAnthropic(decoded.error) };
    }
    case 'invocations':
      return fields.messages === undefined && fields.prompt !== undefined
        ? decodeCompletionRequest(fields, model, vocabulary)
        : decodeChatRequest(fields, model);
  }
}

/** An error in the shape of the route. */
export function errorOf(route: GenerateRoute | GenerateRequest['kind'], error: ApiError): ApiError {
  return route === 'messages' ? asAnthropic(error) : error;
}
