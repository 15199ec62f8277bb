// Token ids of the simulated tokenizer. A token always has the same id, and an id that was issued is read back as its token.

import { splitTokens } from './count-tokens.ts';
import { hashText } from './random.ts';
import { commonWords } from './words.ts';

/** As large as Llama 3's, without its special tokens. */
const size = 128_000;

/** Ids below are no words: beginning and end of a message. */
const firstId = 4;

export class Vocabulary {
  /** At most `size` entries. If two tokens share an id, the id is read back as the later one. */
  readonly #tokens = new Map<number, string>();

  idsOf(text: string): number[] {
    return splitTokens(text).map((token) => {
      const id = firstId + (hashText(token) % (size - firstId));
      this.#tokens.set(id, token);
      return id;
    });
  }

  /** The token of an id. An id that was never issued reads as a word too; an id past the vocabulary reads as nothing. */
  textOf(ids: readonly number[]): string {
    return ids.map((id) => this.#tokens.get(id) ?? strange(id)).join('');
  }

  tokenOf(id: number): string {
    return this.#tokens.get(id) ?? strange(id);
  }
}

function strange(id: number): string {
  return id >= firstId && id < size ? ` ${commonWords[id % commonWords.length]}` : '';
}
