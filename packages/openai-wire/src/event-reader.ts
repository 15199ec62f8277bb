// Splits the text of an OpenAI stream into its server-sent events. The caller reads the stream.

import { createParser } from 'eventsource-parser';

export interface EventReader {
  /** The events that this text completes, each as the JSON text of its data. None from `[DONE]` on. */
  read(text: string): string[];
  /** Whether `[DONE]` has come. A stream that ends before was cut. */
  readonly isDone: boolean;
}

export function createEventReader(): EventReader {
  let complete: string[] = [];
  let isDone = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      isDone ||= data === '[DONE]';
      if (!isDone) complete.push(data);
    },
  });
  return {
    read(text) {
      complete = [];
      parser.feed(text);
      return complete;
    },
    get isDone() {
      return isDone;
    },
  };
}
