// Questions to a person at a terminal. Ctrl-C at a question ends the command.

import { confirm, isCancel, password, select, text } from '@clack/prompts';
import { CodedError } from '@fairlead/kit';

import type { Asker } from '../context.ts';
import { askOnce } from '../ssh/ask-once.ts';

export function createAsker(): Asker {
  return {
    confirm: async (question, fallback) => answered(await confirm({ message: question, initialValue: fallback })),
    text: async (question, { initial, placeholder, check }) =>
      answered(
        await text({
          message: question,
          ...(initial === undefined ? {} : { initialValue: initial }),
          ...(placeholder === undefined ? {} : { placeholder }),
          validate: (value) => check?.(value ?? ''),
        }),
      ) ?? '',
    secret: askOnce(async (question) => answered(await password({ message: question }))),
    choose: async (question, options) =>
      answered(
        await select({
          message: question,
          options: options.map(({ value, label, hint }) => ({ value, label, ...(hint ? { hint } : {}) })),
        }),
      ),
  };
}

function answered<T>(answer: T | symbol): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CodedError('interrupted', 'interrupted');
  return answer as Exclude<T, symbol>;
}
