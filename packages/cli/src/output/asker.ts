// Questions to a person at a terminal, on stderr: stdout is for results. Ctrl-C at a question is Ctrl-C.
// Questions hold text of hosts (keys, partitions, instructions): control characters in it become visible.

import { confirm, isCancel, password, select, text } from '@clack/prompts';
import { CodedError, defined, visibleText } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { Asker, Context } from '../context.ts';
import { askOnce } from '../ssh/ask-once.ts';

export interface AskerDeps {
  streams: Pick<Context['streams'], 'stdin' | 'stderr'>;
  /** Takes the question away. */
  signal: AbortSignal;
  /** The terminal gives no signal while a question stands there. */
  onInterrupt: () => void;
}

export function createAsker({ streams, signal, onInterrupt }: AskerDeps): Asker {
  const place = { input: streams.stdin, output: streams.stderr, signal };
  function answered<T>(answer: T | symbol): Exclude<T, symbol> {
    if (!isCancel(answer)) return answer as Exclude<T, symbol>;
    if (!signal.aborted) onInterrupt();
    throw new CodedError<CliErrorCode>('interrupted', 'interrupted');
  }
  return {
    confirm: async (question, fallback) =>
      answered(await confirm({ ...place, message: visibleText(question), initialValue: fallback })),
    text: async (question, { initial, placeholder, check }) =>
      answered(
        await text({
          ...place,
          message: visibleText(question),
          ...defined({ initialValue: initial, placeholder }),
          validate: (value) => check?.(value ?? ''),
        }),
      ) ?? '',
    secret: askOnce(async (question) => answered(await password({ ...place, message: visibleText(question) }))),
    choose: async (question, options) =>
      answered(
        await select({
          ...place,
          message: visibleText(question),
          options: options.map(({ value, label, hint }) => ({
            value,
            label: visibleText(label),
            ...(hint ? { hint: visibleText(hint) } : {}),
          })),
        }),
      ),
  };
}
