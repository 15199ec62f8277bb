// The output items of a streamed response: a message's text or function calls, opened, filled and closed in order.

import { type CallPlace, createCallCursor, type ToolCall } from '../answer/script.ts';
import { type AnswerContext, quote } from './answer.ts';
import { namedEvent } from './event-stream.ts';
import type { Fields } from './fields.ts';
import { responsesLogprob } from './logprobs.ts';
import { callItem, messageItem, textPart } from './responses-item.ts';

export interface EventPort {
  event: (type: string, fields: Fields) => string;
  /** The next sequence number, for events that the caller writes itself. */
  number: () => number;
}

export interface ItemWriter {
  piece(text: string): string;
  /** Closes the open item. */
  close(): string;
  /** All closed items. */
  readonly output: readonly unknown[];
}

export function createItemWriter(context: AnswerContext, port: EventPort): ItemWriter {
  const script = context.request.choices[0]?.script;
  return script?.kind === 'calls' ? new CallItems(context, port, script.calls) : new TextItem(context, port);
}

class TextItem implements ItemWriter {
  readonly output: unknown[] = [];
  readonly #context: AnswerContext;
  readonly #port: EventPort;
  readonly #id: string;
  readonly #place: { content_index: number; item_id: string; output_index: number };
  #said = '';
  #given = 0;
  #opened = false;

  constructor(context: AnswerContext, port: EventPort) {
    this.#context = context;
    this.#port = port;
    this.#id = context.createId();
    this.#place = { content_index: 0, item_id: `msg_${this.#id}`, output_index: 0 };
  }

  piece(text: string): string {
    const logprobs = this.#logprobs();
    this.#given += 1;
    if (text === '') return '';
    this.#said += text;
    const before = this.#opened ? '' : this.#open();
    const number = this.#port.number();
    return `${before}event: response.output_text.delta\ndata: {"content_index":0,"delta":${quote(text)},"item_id":"msg_${this.#id}","logprobs":${logprobs},"output_index":0,"sequence_number":${number},"type":"response.output_text.delta"}\n\n`;
  }

  close(): string {
    if (!this.#opened) return '';
    const { event, number } = this.#port;
    const part = textPart(this.#said, null);
    const item = messageItem(this.#id, [part], 'completed');
    this.output.push(item);
    const { content_index, item_id, output_index } = this.#place;
    // Here the number stands before the text.
    const said = { sequence_number: number(), text: this.#said, type: 'response.output_text.done' };
    const done = JSON.stringify({ content_index, item_id, logprobs: [], output_index, ...said });
    return [
      namedEvent('response.output_text.done', done),
      event('response.content_part.done', { ...this.#place, part }),
      event('response.output_item.done', { item, output_index }),
    ].join('');
  }

  #open(): string {
    this.#opened = true;
    const { event } = this.#port;
    const item = messageItem(this.#id, [], 'in_progress');
    const added = event('response.output_item.added', { item, output_index: 0 });
    return added + event('response.content_part.added', { ...this.#place, part: textPart('', []) });
  }

  #logprobs(): string {
    const { request, tokensOf } = this.#context;
    if (request.logprobs === undefined) return '[]';
    const token = tokensOf(0)[this.#given] ?? '';
    return JSON.stringify([responsesLogprob(token, this.#given, request.logprobs)]);
  }
}

interface OpenCall extends ToolCall {
  id: string;
  callId: string;
}

class CallItems implements ItemWriter {
  readonly output: unknown[] = [];
  readonly #context: AnswerContext;
  readonly #port: EventPort;
  readonly #calls: readonly ToolCall[];
  readonly #place: () => CallPlace;
  #open: OpenCall | undefined;

  constructor(context: AnswerContext, port: EventPort, calls: readonly ToolCall[]) {
    this.#context = context;
    this.#port = port;
    this.#calls = calls;
    this.#place = createCallCursor(calls);
  }

  piece(text: string): string {
    const { call, begins } = this.#place();
    const { createId } = this.#context;
    if (begins) return this.close() + this.#begin(this.#calls[call]?.name ?? '', createId);
    if (!this.#open) return '';
    this.#open.arguments += text;
    const fields = { delta: text, item_id: `fc_${this.#open.id}`, output_index: this.output.length };
    return this.#port.event('response.function_call_arguments.delta', fields);
  }

  #begin(name: string, createId: () => string): string {
    this.#open = { name, arguments: '', id: createId(), callId: createId() };
    const item = callItem(this.#open, { ...this.#open, status: 'in_progress' });
    return this.#port.event('response.output_item.added', { item, output_index: this.output.length });
  }

  close(): string {
    const open = this.#open;
    if (!open) return '';
    this.#open = undefined;
    const { event, number } = this.#port;
    const output_index = this.output.length;
    const item = callItem(open, { ...open, status: 'completed' });
    this.output.push(item);
    const type = 'response.function_call_arguments.done';
    const place = { arguments: open.arguments, item_id: `fc_${open.id}`, output_index };
    // Here the name stands last.
    const done = namedEvent(type, JSON.stringify({ ...place, sequence_number: number(), type, name: open.name }));
    return done + event('response.output_item.done', { item, output_index });
  }
}
