// Server-sent events of an OpenAI stream: yields each event's JSON text, ends at `[DONE]`.

import { CodedError } from '@fairlead/kit';
import { createEventReader } from '@fairlead/openai-wire';

import type { ChannelAnswer } from './channel-request.ts';
import type { ClientErrorCode } from '../client-error.ts';

/** Throws `answer_cut` where the stream ends without `[DONE]`. Leaving the loop closes the channel. */
export async function* readEvents(what: string, { incoming, explain }: ChannelAnswer): AsyncGenerator<string> {
  const reader = createEventReader();
  try {
    for await (const chunk of incoming.setEncoding('utf8')) {
      yield* reader.read(chunk as string);
      if (reader.isDone) return;
    }
  } catch (error) {
    throw explain(error);
  }
  throw new CodedError<ClientErrorCode>('answer_cut', `cannot ${what} because the stream ended before its last event`, {
    hint: 'Send the request again; `fairlead logs --source engine` says whether the engine stopped.',
    retryable: true,
  });
}
