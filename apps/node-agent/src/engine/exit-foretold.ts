// The end of an engine that has said that it is about to end: vLLM first ends its other processes, which takes seconds, and
// parts on other nodes that wait for this one fail meanwhile.

import { type Clock, untilOver } from '@fairlead/kit';
import type { EngineExit } from './spawn-engine.ts';

/** How long the lines after the one that tells the end are waited for: they say more about the reason. */
const lastWordsMs = 200;

/** Resolves as `exited`, or some time after `lastWords` has. Never rejects if those do not. */
export async function exitForetold(
  exited: Promise<EngineExit>,
  lastWords: Promise<void>,
  clock: Clock,
): Promise<EngineExit> {
  const over = new AbortController();
  const told = lastWords.then(async (): Promise<EngineExit> => {
    await untilOver(clock.sleep(lastWordsMs, over.signal), over.signal);
    return { code: null, signal: null, isEnding: true };
  });
  return Promise.race([exited, told]).finally(() => over.abort());
}
