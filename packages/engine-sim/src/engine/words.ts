// The simulated model's vocabulary: whole sentences of plain English, one word or mark per token.

import { createRandom } from './random.ts';

const slots: Record<string, readonly string[]> = {
  adj: 'quiet bright gentle small distant warm clear slow silver golden pale green calm lonely'.split(' '),
  thing:
    'harbour river lantern letter garden window bridge signal compass market mountain ship island library road'.split(
      ' ',
    ),
  who: 'captain gardener teacher traveller neighbour baker sailor student keeper child painter miller'.split(' '),
  did: 'carried found followed watched remembered measured opened repaired described crossed painted greeted'.split(
    ' ',
  ),
  when: 'morning evening winter summer spring autumn afternoon'.split(' '),
  where: 'above beyond beside near behind along under'.split(' '),
  how: 'slowly gladly softly quickly carefully quietly together again'.split(' '),
};

const patterns: readonly string[] = [
  'The {adj} {who} {did} the {thing} in the {when} .',
  'Every {when} , a {adj} {thing} waited {where} the {thing} .',
  'When the {thing} grew {adj} , the {who} {did} it {how} .',
  'There was a {adj} {thing} {where} the {thing} , and nobody {did} it .',
  'A {who} and a {who} {how} {did} the {adj} {thing} .',
  'It took one {when} to learn why the {who} {did} the {thing} .',
  'By {when} the {thing} was {adj} again , and the {who} {did} the {thing} .',
  'Some say the {adj} {thing} {where} the {thing} was {did} by a {who} .',
  'So the {who} {how} {did} what the {adj} {thing} had left .',
];

/** The words of all slots. */
export const commonWords: readonly string[] = Object.values(slots).flat();

/** Whether a token closes a sentence. A text ends by itself only after such a token. */
export function endsSentence(token: string): boolean {
  return token === '.';
}

/** An endless text: each call gives the next token, words with their leading space. */
export function createWords(seed: number): () => string {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let pending: string[] = [];
  let first = true;
  return () => {
    if (pending.length === 0) pending = pick(patterns).split(' ').reverse();
    const part = pending.pop() as string;
    const word = part.startsWith('{') ? pick(slots[part.slice(1, -1)] as readonly string[]) : part;
    if (word === '.' || word === ',') return word;
    if (!first) return ` ${word}`;
    first = false;
    return word;
  };
}
