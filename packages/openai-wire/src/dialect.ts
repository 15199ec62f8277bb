// Errors in the shape of the API that a route belongs to: OpenAI's, or Anthropic's for Messages. As a body, and as the event that ends a
// stream which cannot go on: its client must not take it for complete.

import { openAiError } from './refusal.ts';

export type Dialect = 'openai' | 'openai-responses' | 'anthropic';

export interface ApiError {
  status: number;
  code: string;
  message: string;
}

export function dialectOf(path: string): Dialect {
  if (path.startsWith('/v1/messages')) return 'anthropic';
  return path.startsWith('/v1/responses') ? 'openai-responses' : 'openai';
}

export function errorBodyOf(dialect: Dialect, error: ApiError): object {
  return dialect === 'anthropic' ? anthropicError(error) : openAiError(error);
}

/** Text of one event. No `[DONE]` follows. */
export function errorEventOf(dialect: Dialect, error: ApiError): string {
  switch (dialect) {
    case 'openai':
      return `data: ${JSON.stringify(openAiError(error))}\n\n`;
    case 'openai-responses': {
      const event = { type: 'error', code: error.code, message: error.message, param: null, ...openAiError(error) };
      return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
    }
    case 'anthropic':
      return `event: error\ndata: ${JSON.stringify(anthropicError(error))}\n\n`;
  }
}

function anthropicError({ status, message }: ApiError): object {
  return { type: 'error', error: { type: anthropicType(status), message } };
}

/** https://docs.claude.com/en/api/errors */
function anthropicType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
    case 529:
      return 'overloaded_error';
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error';
  }
}
