// Prompts of random words: no two begin alike, so that an engine's prefix cache does not answer for it. Pure but for `countTokens`.

export interface PromptMaker {
  /** Of about the wanted number of tokens. */
  make(): string;
  /** Whether the engine has counted the tokens of such a prompt. */
  readonly isCounted: boolean;
}

export interface PromptDeps {
  tokens: number;
  /** In [0, 1). */
  random: () => number;
  /** Undefined where the engine has no tokenizer to ask. */
  countTokens: (prompt: string) => Promise<number | undefined>;
}

const words =
  `time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money story fact
month lot right study book eye job word business issue side kind head house service friend father power hour game line end member
law car city community name president team minute idea body information back parent face others level office door health person art`
    .split(/\s+/)
    .filter((word) => word !== '');

const tries = 4;
const closeEnough = 0.02;

/** Asks the engine how many tokens its words have, at most four times. Without an engine that counts, a word stands for a token. */
export async function createPromptMaker({ tokens, random, countTokens }: PromptDeps): Promise<PromptMaker> {
  const say = (count: number) =>
    Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(' ');
  let count = Math.max(1, tokens);
  let isCounted = false;
  for (let at = 0; at < tries; at += 1) {
    const found = await countTokens(say(count));
    if (found === undefined || found <= 0) break;
    isCounted = true;
    if (Math.abs(found - tokens) <= Math.max(1, tokens * closeEnough)) break;
    count = Math.max(1, Math.round((count * tokens) / found));
  }
  return { make: () => say(count), isCounted };
}
