// A conversation at a terminal: reads turns and slash commands, asks, remembers. Failures are told and do not end it.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { CodedError, errorText } from '@fairlead/kit';

import type { Context } from '../../context.ts';
import { type Conversation, renderConversation, requestOf, withTurn } from './conversation.ts';
import { Prompter } from './prompter.ts';
import { parseSlashCommand, type SlashCommand, slashHelp } from './slash-command.ts';
import { type AnswerSource, streamAnswer } from './stream-answer.ts';
import { emptyAnswer, tellAnswer, warnIfCut } from './tell-answer.ts';

type Situation = Pick<Context, 'streams' | 'output' | 'clock' | 'cwd' | 'signal' | 'takeSignals'>;

/** Resolves when the person ends it. */
export async function converse(source: AnswerSource, begun: Conversation, context: Situation): Promise<void> {
  using prompter = new Prompter(context.streams);
  using _ = context.takeSignals((signal) => (signal === 'SIGINT' ? prompter.interrupt() : prompter.end()));
  // The signal fires when nothing reads the output any more.
  context.signal.addEventListener('abort', () => prompter.end(), { once: true });
  prompter.say(`${source.connection.name} (model ${begun.model}). /help shows what is possible; Ctrl-D ends.`);
  let conversation = begun;
  for await (const turn of prompter.turns()) {
    const command = parseSlashCommand(turn);
    if (command?.type === 'quit') return;
    try {
      if (command) conversation = await obey(command, conversation, { source, prompter, context });
      else if (turn.trim() !== '') conversation = await answerTurn(turn, conversation, { source, prompter, context });
    } catch (error) {
      tellFailure(error, context);
    }
  }
}

interface Talk {
  source: AnswerSource;
  prompter: Prompter;
  context: Situation;
}

/** A turn that failed before a word came is forgotten, so that it can be asked again. */
async function answerTurn(turn: string, before: Conversation, { source, prompter, context }: Talk) {
  const { output, clock, streams } = context;
  const asked = withTurn(before, 'user', turn.trim());
  const answer = emptyAnswer();
  const cancel = new AbortController();
  using _ = prompter.whileAnswering(() => cancel.abort());
  try {
    await tellAnswer(streamAnswer(source, requestOf(asked), cancel.signal), answer, {
      output,
      clock,
      isTerminal: streams.stdout.isTTY,
    });
    warnIfCut(answer, asked, output);
  } catch (error) {
    if (!cancel.signal.aborted) tellFailure(error, context);
    else prompter.say('(the answer was cancelled)');
  }
  return answer.text === '' ? before : withTurn(asked, 'assistant', answer.text);
}

async function obey(
  command: SlashCommand,
  conversation: Conversation,
  { source, prompter, context }: Talk,
): Promise<Conversation> {
  switch (command.type) {
    case 'reset':
      prompter.say('(forgotten)');
      return { ...conversation, turns: [] };
    case 'system':
      if (command.argument === undefined) prompter.say(conversation.system ?? '(no system prompt)');
      return command.argument === undefined ? conversation : { ...conversation, system: command.argument };
    case 'model':
      return { ...conversation, model: await pickModel(command.argument, conversation.model, { source, prompter }) };
    case 'save':
      await save(command.argument, conversation, { source, prompter, context });
      return conversation;
    case 'unknown':
      prompter.say(`There is no /${command.word}.\n${slashHelp}`);
      return conversation;
    case 'help':
    case 'quit':
      prompter.say(slashHelp);
      return conversation;
  }
}

async function pickModel(
  wanted: string | undefined,
  current: string,
  { source, prompter }: Pick<Talk, 'source' | 'prompter'>,
): Promise<string> {
  const served = (await source.connection.models()).map(({ id }) => id);
  const isServed = wanted !== undefined && served.includes(wanted);
  if (!isServed)
    prompter.say(
      `${wanted === undefined ? `Asking ${current}.` : `${source.connection.name} serves no model ${wanted}.`} Served: ${served.join(', ')}`,
    );
  return isServed ? wanted : current;
}

async function save(file: string | undefined, conversation: Conversation, { source, prompter, context }: Talk) {
  const stamp = new Date(context.clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  const path = resolve(context.cwd, file ?? `chat-${source.connection.name}-${stamp}.json`);
  // What a person says to a model is theirs alone.
  await writeFile(path, renderConversation(conversation), { mode: 0o600 });
  prompter.say(`(saved to ${path})`);
}

function tellFailure(error: unknown, { output }: Situation): void {
  const { code, hint } = error instanceof CodedError ? error : { code: 'internal', hint: undefined };
  output.failure({ code, message: errorText(error), hint });
}
