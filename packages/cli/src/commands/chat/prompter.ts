// A person's lines at a terminal as turns; Ctrl-C means the answer while one comes, and the end when pressed twice at the prompt.

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

import { visibleText } from '@fairlead/kit';
import { nextLine, type TurnState } from './turn-lines.ts';

export interface PromptStreams {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  /** Answers go to stdout, everything else here. */
  stderr: NodeJS.WritableStream & { columns?: number };
}

const prompts: Record<TurnState['mode'], string> = { empty: '> ', continued: '. ', quoted: '" ' };
const historyLines = 1000;

/** Closing it gives the terminal back. */
export class Prompter implements Disposable {
  readonly #screen: ReturnType<typeof createScreen>;
  readonly #lines: Interface;
  readonly #turns: string[] = [];
  #wake = Promise.withResolvers<void>();
  #typed: TurnState = { mode: 'empty' };
  #cancel: (() => void) | undefined;
  #isEnded = false;
  /** Ctrl-C in a row, with nothing typed between them. */
  #interrupts = 0;

  constructor({ stdin, stderr }: PromptStreams) {
    this.#screen = createScreen(stderr);
    const output = this.#screen.stream;
    this.#lines = createInterface({ input: stdin, output, terminal: true, historySize: historyLines });
    this.#lines.on('line', (line) => this.#take(line));
    this.#lines.on('SIGINT', () => this.interrupt());
    this.#lines.on('close', () => this.end());
  }

  /** Ends when the person does. Prompts whenever the next turn is asked for. */
  async *turns(): AsyncGenerator<string> {
    for (;;) {
      const turn = this.#turns.shift();
      if (turn !== undefined) yield turn;
      else if (this.#isEnded) return;
      else {
        this.#wake = Promise.withResolvers<void>();
        this.#prompt();
        await this.#wake.promise;
      }
    }
  }

  say(text: string): void {
    // Names of models come from outside.
    this.#screen.stream.write(`${visibleText(text)}\n`);
  }

  /** While it is held, Ctrl-C is `onCancel`'s and keys are not shown. */
  whileAnswering(onCancel: () => void): Disposable {
    this.#cancel = onCancel;
    this.#screen.mute(true);
    return {
      [Symbol.dispose]: () => {
        this.#cancel = undefined;
        this.#screen.mute(false);
      },
    };
  }

  /** Ctrl-C, at the keyboard or as a signal. */
  interrupt(): void {
    if (this.#cancel) return this.#cancel();
    const hadText = this.#lines.line !== '' || this.#typed.mode !== 'empty';
    this.#interrupts = hadText ? 1 : this.#interrupts + 1;
    if (this.#interrupts > 1) return this.end();
    this.#typed = { mode: 'empty' };
    // Ctrl-E and Ctrl-U: what was typed is gone.
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
    this.say('\n(Ctrl-C again ends)');
    this.#prompt();
  }

  end(): void {
    this.#isEnded = true;
    this.#cancel?.();
    this.#wake.resolve();
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }

  #take(line: string): void {
    this.#interrupts = 0;
    const { state, turn } = nextLine(this.#typed, line);
    this.#typed = state;
    if (turn === undefined) return this.#prompt();
    this.#turns.push(turn);
    this.#wake.resolve();
  }

  #prompt(): void {
    this.#lines.setPrompt(prompts[this.#typed.mode]);
    this.#lines.prompt();
  }
}

/** readline shows every key; during an answer that would be in the middle of its words. */
function createScreen(target: PromptStreams['stderr']) {
  let muted = false;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      if (muted) return done();
      target.write(chunk, () => done());
    },
  });
  Object.defineProperty(stream, 'columns', { get: () => target.columns });
  return { stream, mute: (isMuted: boolean) => (muted = isMuted) };
}
