// The output items of a streamed response: a message's text or function calls, opened, filled and closed in order.

import { createCallCursor } from '../answer/script.ts';
import { type AnswerContext, quote } from './answer.ts';
import type { Fields } from './fields.ts';
import { responsesLogprob } from './logprobs.ts';
import { callItem, messageItem, textPart } from './responses-item.ts';

export interface EventPort {
  event: (type: string, fields: Fields) => string;
  /** The next sequence number, for events that are written by hand. */
  number: () => number;
}

export interface ItemWriter {
  piece(text: string): string;
  /** Ends what is open. */
  close(): string;
  /** Everything that was closed. */
  readonly output: readonly unknown[];
}

export function createItemWriter(context: AnswerContext, port: EventPort): ItemWriter {
  const script = context.request.choices[0]?.script;
  return script?.kind === 'calls' ? callItems(context, port, script.calls) : textItem(context, port);
}

function textItem({ request, createId, tokensOf }: AnswerContext, { event, number }: EventPort): ItemWriter {
  const id = createId();
  const place = { content_index: 0, item_id: `msg_${id}`, output_index: 0 };
  const top = request.logprobs;
  const output: unknown[] = [];
  let said = '';
  let given = 0;
  let opened = false;
  const open = (): string => {
    opened = true;
    const item = messageItem(id, [], 'in_progress');
    const part = textPart('', []);
    const added = event('response.output_item.added', { item, output_index: 0 });
    return added + event('response.content_part.added', { ...place, part });
  };
  const logprobsOf = (): string => {
    if (top === undefined) return '[]';
    return `[${JSON.stringify(responsesLogprob(tokensOf(0)[given] ?? '', given, top))}]`;
  };
  return {
    output,
    piece: (text) => {
      const logprobs = logprobsOf();
      given += 1;
      if (text === '') return '';
      said += text;
      const before = opened ? '' : open();
      return `${before}event: response.output_text.delta\ndata: {"content_index":0,"delta":${quote(text)},"item_id":"msg_${id}","logprobs":${logprobs},"output_index":0,"sequence_number":${number()},"type":"response.output_text.delta"}\n\n`;
    },
    close: () => {
      if (!opened) return '';
      const part = textPart(said, null);
      const item = messageItem(id, [part], 'completed');
      output.push(item);
      const { content_index, item_id, output_index } = place;
      const done = eventDone({ content_index, item_id, logprobs: [], output_index });
      return (
        done +
        event('response.content_part.done', { ...place, part }) +
        event('response.output_item.done', { item, output_index })
      );
    },
  };

  /** Here the number stands before the text. */
  function eventDone(fields: Fields): string {
    const type = 'response.output_text.done';
    return `event: ${type}\ndata: ${JSON.stringify({ ...fields, sequence_number: number(), text: said, type })}\n\n`;
  }
}

function callItems(
  { createId }: AnswerContext,
  { event, number }: EventPort,
  calls: ReadonlyArray<{ name: string; arguments: string }>,
): ItemWriter {
  const cursor = createCallCursor(calls);
  const output: unknown[] = [];
  let open: { name: string; arguments: string; id: string; callId: string } | undefined;
  const close = (): string => {
    if (!open) return '';
    const output_index = output.length;
    const item = callItem(open, { ...open, status: 'completed' });
    output.push(item);
    const type = 'response.function_call_arguments.done';
    const fields = { arguments: open.arguments, item_id: `fc_${open.id}`, output_index, sequence_number: number() };
    const done = `event: ${type}\ndata: ${JSON.stringify({ ...fields, type, name: open.name })}\n\n`;
    open = undefined;
    return done + event('response.output_item.done', { item, output_index });
  };
  return {
    output,
    close,
    piece: (text) => {
      const { call, begins } = cursor();
      if (!begins) {
        if (!open) return '';
        open.arguments += text;
        const fields = { delta: text, item_id: `fc_${open.id}`, output_index: output.length };
        return event('response.function_call_arguments.delta', fields);
      }
      const before = close();
      open = { name: calls[call]?.name ?? '', arguments: '', id: createId(), callId: createId() };
      const item = callItem(open, { ...open, status: 'in_progress' });
      return before + event('response.output_item.added', { item, output_index: output.length });
    },
  };
}
