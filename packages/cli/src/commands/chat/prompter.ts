// A person's lines at a terminal as turns; Ctrl-C means the answer while one comes, and the end when pressed twice at the prompt.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

import { nextLine, type TurnState } from './turn-lines.ts';

export interface Prompter extends Disposable {
  /** Ends when the person does. Prompts whenever the next turn is asked for. */
  turns(): AsyncGenerator<string>;
  say(text: string): void;
  /** While it is held, Ctrl-C is `onCancel`'s and keys are not shown. */
  whileAnswering(onCancel: () => void): Disposable;
  /** Ctrl-C by another way than the keyboard. */
  interrupt(): void;
  end(): void;
}

export interface PromptStreams {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  /** Answers go to stdout, everything else here. */
  stderr: NodeJS.WritableStream & { columns?: number };
}

const PROMPTS: Record<TurnState['mode'], string> = { empty: '> ', continued: '. ', quoted: '" ' };
const HISTORY_LINES = 1000;

export function openPrompter({ stdin, stderr }: PromptStreams): Prompter {
  const screen = createScreen(stderr);
  const lines = createInterface({ input: stdin, output: screen.stream, terminal: true, historySize: HISTORY_LINES });
  const waiting: string[] = [];
  let wake = Promise.withResolvers<void>();
  let state: TurnState = { mode: 'empty' };
  let cancel: (() => void) | undefined;
  let ended = false;
  let interrupts = 0;

  const end = () => {
    ended = true;
    cancel?.();
    wake.resolve();
  };
  const prompt = () => {
    lines.setPrompt(PROMPTS[state.mode]);
    lines.prompt();
  };
  const interrupt = () => {
    if (cancel) return cancel();
    const hadText = lines.line !== '' || state.mode !== 'empty';
    interrupts = hadText ? 1 : interrupts + 1;
    if (interrupts > 1) return end();
    state = { mode: 'empty' };
    // Ctrl-E and Ctrl-U: what was typed is gone.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    screen.stream.write('\n(Ctrl-C again ends)\n');
    prompt();
  };
  lines.on('line', (line) => {
    interrupts = 0;
    const next = nextLine(state, line);
    state = next.state;
    if (next.turn === undefined) return prompt();
    waiting.push(next.turn);
    wake.resolve();
  });
  lines.on('SIGINT', interrupt);
  lines.on('close', end);

  return {
    async *turns() {
      for (;;) {
        const turn = waiting.shift();
        if (turn !== undefined) yield turn;
        else if (ended) return;
        else {
          wake = Promise.withResolvers<void>();
          prompt();
          await wake.promise;
        }
      }
    },
    say: (text) => screen.stream.write(`${text}\n`),
    whileAnswering(onCancel) {
      cancel = onCancel;
      screen.mute(true);
      return {
        [Symbol.dispose]() {
          cancel = undefined;
          screen.mute(false);
        },
      };
    },
    interrupt,
    end,
    [Symbol.dispose]: () => lines.close(),
  };
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
