// Draws a text over the one before it on a terminal. The cursor stays visible: no end of the process leaves a terminal without one.

import { createLogUpdate } from 'log-update';

export interface Screen extends Disposable {
  draw(text: string): void;
}

export function openScreen(stdout: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(stdout, { showCursor: true });
  return {
    draw: (text) => update(text),
    [Symbol.dispose]: () => update.done(),
  };
}
