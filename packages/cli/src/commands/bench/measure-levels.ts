// Measures one level of concurrency after another, wherever the requests go: from here through both hops, or on the node.

import { CodedError, systemRandom } from '@fairlead/kit';

import type { BenchLevel } from '../../output/lines/bench-lines.ts';
import type { BenchPlan } from './bench-plan.ts';
import { createPromptMaker } from './bench-prompt.ts';
import { summarizeLevel } from './bench-stats.ts';
import { countTokens, type MeasureDeps, type MeasuredRequest, measureRequest, runLevel } from './measure.ts';

export interface LevelsWish {
  /** Of the deployment. */
  name: string;
  plan: BenchPlan;
  api: MeasuredRequest['api'];
}

export type MeasureEvent =
  /** What it does at present. */
  { type: 'busy'; text: string } | { type: 'warning'; message: string } | { type: 'level'; level: BenchLevel };

/** Throws `bench_failed` where the engine takes no such request, and the signal's reason. */
export async function measureLevels(
  { name, plan, api }: LevelsWish,
  deps: MeasureDeps,
  tell: (event: MeasureEvent) => void,
): Promise<BenchLevel[]> {
  tell({ type: 'busy', text: 'counting tokens' });
  const { inputTokens, outputTokens } = plan;
  const prompts = await createPromptMaker({
    tokens: inputTokens,
    random: systemRandom,
    countTokens: (prompt) => countTokens(prompt, deps),
  });
  if (!prompts.isCounted)
    tell({
      type: 'warning',
      message: 'this engine cannot count tokens beforehand: each prompt has a word for each token that is wanted',
    });
  const request = () => ({ prompt: prompts.make(), outputTokens, api });
  await warmUp(name, request(), deps);
  const levels: BenchLevel[] = [];
  for (const { concurrency, requests: count } of plan.levels) {
    const requests = Array.from({ length: count }, request);
    let done = 0;
    const show = () => tell({ type: 'busy', text: `concurrency ${concurrency}: ${done} of ${count} requests` });
    show();
    const onDone = () => {
      done += 1;
      show();
    };
    const level = summarizeLevel(await runLevel({ concurrency, requests, onDone }, deps));
    tell({ type: 'level', level });
    levels.push(level);
  }
  return levels;
}

/** The first request may compile kernels, and shows whether the engine takes such requests at all. It is not counted. */
async function warmUp(name: string, request: MeasuredRequest, deps: MeasureDeps): Promise<void> {
  const { error } = await measureRequest(request, deps);
  if (error === undefined) return;
  throw new CodedError<'bench_failed'>(
    'bench_failed',
    `cannot measure ${name} because its first request failed: ${error}`,
    {
      hint: 'An engine that has no text completions: try --chat. A model with a small context: --input-tokens and --output-tokens.',
    },
  );
}
