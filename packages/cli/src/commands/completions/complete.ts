// `fairlead complete -- words…`: what a shell's script asks at each Tab. Says nothing where it cannot say it soon.

import { openTimeLimit } from '@fairlead/kit';
import { openSession } from '@fairlead/client/session';
import { leadInstance } from '@fairlead/protocol';
import type { Command } from 'commander';

import { builtInPresets, loadConfig } from '@fairlead/config';
import { builtInModels, builtInSites, gpuLabel, gpus } from '@fairlead/planner';
import { configPlaceOf } from '../../config/config-place.ts';
import type { Context } from '../../context.ts';
import { sessionOptions } from '../../session-options.ts';
import { stateWords } from '../instance-words.ts';
import { type CompletionCandidate, type NameKind, offer, type WantedCompletion, wantedAt } from './candidates.ts';

/** A person waits at a prompt. */
const lookUpTimeoutMs = 2_000;

export async function runComplete(program: Command, words: readonly string[], context: Context): Promise<void> {
  const wanted = wantedAt(program, words);
  if (wanted.kind === 'files') return context.output.text(':files');
  const found = await lookUp(wanted, context);
  for (const { value, description } of found.kind === 'candidates' ? found.candidates : [])
    context.output.text(description === '' ? value : `${value}\t${oneLine(description)}`);
}

async function lookUp(wanted: WantedCompletion, context: Context): Promise<WantedCompletion> {
  if (wanted.kind === 'candidates' || wanted.kind === 'nothing' || wanted.kind === 'files') return wanted;
  try {
    // No output of ours may come between the characters that the user types.
    const quiet = { ...context, output: { ...context.output, warnOnce: () => undefined } };
    return offer(await lookUps[wanted.kind](quiet), wanted.prefix, wanted.typed);
  } catch (error) {
    // Whatever it is, a person who pressed Tab is not served by reading it.
    if (error instanceof Error) return { kind: 'nothing' };
    throw error;
  }
}

const lookUps: Record<NameKind, (context: Context) => Promise<CompletionCandidate[]>> = {
  async deployments(context) {
    using limit = openTimeLimit(context.clock, lookUpTimeoutMs);
    const signal = AbortSignal.any([context.signal, limit.signal]);
    // A completion must not ask the user for a passphrase in the middle of a line.
    const { askPassphrase: _, ...options } = sessionOptions({ ...context, signal });
    await using session = await openSession(options);
    const deployments = await session.api.listDeployments({}, signal);
    return deployments.map((deployment) => ({
      value: deployment.name,
      description: stateWords(leadInstance(deployment).state),
    }));
  },
  async presets(context) {
    const { config } = await loadConfig(configPlaceOf(context));
    return Object.entries({ ...builtInPresets, ...config.presets }).map(([value, { model, description }]) => ({
      value,
      description: description ?? model ?? '',
    }));
  },
  async clusters(context) {
    const { config } = await loadConfig(configPlaceOf(context));
    return Object.entries(config.clusters ?? {}).map(([value, { kind }]) => ({ value, description: kind ?? '' }));
  },
  async models() {
    return builtInModels.map(({ name, title }) => ({ value: name, description: title }));
  },
  async gpus() {
    return gpus.map((gpu) => ({ value: gpuLabel(gpu), description: '' }));
  },
  async sites() {
    return builtInSites.map(({ name, title }) => ({ value: name, description: title }));
  },
};

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
