// An answer as it comes, to a person, a pipe or a program; what came of it, to the caller.

import type { Usage } from '@fairlead/client';
import type { Clock } from '@fairlead/kit';

import type { Output } from '../../output/output.ts';
import type { AnswerPart } from './stream-answer.ts';

export interface Answer {
  text: string;
  reasoning: string;
  finishReason?: string | undefined;
  usage?: Usage | undefined;
  firstTokenMs?: number | undefined;
  totalMs: number;
}

export interface Listener {
  output: Output;
  clock: Clock;
  /** Whether a person watches: then the reasoning is shown too. */
  isTerminal: boolean;
}

/** `answer` is filled while the parts come, so that what came before a failure is there. */
export async function tellAnswer(parts: AsyncIterable<AnswerPart>, answer: Answer, listener: Listener): Promise<void> {
  const { output, clock } = listener;
  const startedMs = clock.monotonicMs();
  let last: AnswerPart['type'] | undefined;
  try {
    for await (const part of parts) {
      if (part.type === 'end') {
        answer.finishReason = part.finishReason;
        answer.usage = part.usage;
        continue;
      }
      answer.firstTokenMs ??= Math.round(clock.monotonicMs() - startedMs);
      answer[part.type] += part.text;
      show(part, last, listener);
      last = part.type;
    }
  } finally {
    answer.totalMs = Math.round(clock.monotonicMs() - startedMs);
    const shown = answer.text || (listener.isTerminal ? answer.reasoning : '');
    if (shown !== '' && !shown.endsWith('\n')) output.piece('\n');
  }
}

function show(
  part: { type: 'text' | 'reasoning'; text: string },
  last: AnswerPart['type'] | undefined,
  { output, isTerminal }: Listener,
): void {
  if (output.json) return output.event('chunk', { [part.type]: part.text });
  if (part.type === 'text') return output.piece(last === 'reasoning' && isTerminal ? `\n\n${part.text}` : part.text);
  if (isTerminal) output.piece(output.style('dim', part.text));
}

/** Who set a limit knows of it. */
export function warnIfCut(answer: Answer, { maxTokens }: { maxTokens?: number | undefined }, output: Output): void {
  if (answer.finishReason === 'length' && maxTokens === undefined)
    output.warn("the answer was cut where the model's context is full, or at the limit of tokens its site has set");
}

export function emptyAnswer(): Answer {
  return { text: '', reasoning: '', totalMs: 0 };
}
