// `fairlead chat <name> [prompt…]`: one answer for a prompt, from the arguments or a pipe; else a conversation at the terminal.

import { text as readAll } from 'node:stream/consumers';

import { connect } from '@fairlead/client';
import { CodedError, untilAborted } from '@fairlead/kit';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { ensureHeldProfile } from '../../bastion/ensure-held-profile.ts';
import { memberAnswers } from '../member/member-answers.ts';
import { pickGateway } from '../member/pick-gateway.ts';
import { sessionOptions } from '../../session-options.ts';
import { endWords } from '../instance-words.ts';
import { type Conversation, requestOf, withTurn } from './conversation.ts';
import { converse } from './converse.ts';
import { type AnswerSource, streamAnswer } from './stream-answer.ts';
import { emptyAnswer, tellAnswer, warnIfCut } from './tell-answer.ts';

export interface ChatArgs {
  name: string;
  prompt: readonly string[];
  system?: string | undefined;
  model?: string | undefined;
  maxTokens?: number | undefined;
  temperature?: number | undefined;
  /** Of a gateway that this machine has joined. */
  gateway?: string | undefined;
}

export async function runChat(args: ChatArgs, context: Context): Promise<void> {
  const { name } = args;
  const prompt = await promptOf(args, context);
  const gateway = await pickGateway(args.gateway, context);
  if (gateway) {
    context.output.busy(`asking ${gateway.name} for ${name}`);
    await using connection = await gateway.connect(name);
    context.output.close();
    return talk(memberAnswers(connection, context), { ...args, prompt }, context);
  }
  await ensureHeldProfile(context);
  context.output.busy(`connecting to ${name}`);
  let ended: string | undefined;
  await using connection = await connect(name, {
    ...sessionOptions(context),
    port: false,
    onEvent(event) {
      if (event.type === 'deployment.ended') ended = `${name} has ended (${endWords(event.deployment)})`;
    },
  });
  context.output.close();
  await talk({ connection, clock: context.clock, whyEnded: () => ended }, { ...args, prompt }, context);
}

type TalkArgs = Omit<ChatArgs, 'prompt'> & { prompt: string | undefined };

async function talk(source: AnswerSource, args: TalkArgs, context: Context): Promise<void> {
  const { prompt, system, maxTokens, temperature } = args;
  const { servedModel } = source.connection;
  const conversation = { model: args.model ?? servedModel, system, turns: [], maxTokens, temperature };
  if (prompt === undefined) await converse(source, conversation, context);
  else await askOnce(source, withTurn(conversation, 'user', prompt), context);
}

/** Undefined: nothing was given and a person is there to ask. */
async function promptOf({ prompt, name }: ChatArgs, context: Context): Promise<string | undefined> {
  const { stdin } = context.streams;
  const piped = stdin.isTTY ? '' : await untilAborted(readAll(stdin), context.signal);
  const parts = [prompt.join(' '), piped].map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length > 0) return parts.join('\n\n');
  if (stdin.isTTY && !context.output.json) return undefined;
  throw new CodedError<CliErrorCode>('usage', `cannot ask ${name} because there is no prompt`, {
    hint: `Give it as an argument (fairlead chat ${name} 'Hello') or on standard input (echo Hello | fairlead chat ${name}).`,
  });
}

async function askOnce(source: AnswerSource, conversation: Conversation, context: Context): Promise<void> {
  const { output, clock, streams } = context;
  const request = requestOf(conversation);
  const answer = emptyAnswer();
  await tellAnswer(streamAnswer(source, request, context.signal), answer, {
    output,
    clock,
    isTerminal: streams.stdout.isTTY,
  });
  warnIfCut(answer, conversation, output);
  const usage = answer.usage && { ...answer.usage };
  output.result(
    { event: 'answer', ok: true, name: source.connection.name, servedModel: conversation.model, ...answer, usage },
    '',
  );
}
