// Draws a text over the one before it on a terminal. The cursor stays visible: no end of the process leaves a terminal without one.

import { createLogUpdate } from 'log-update';

export interface Screen extends Disposable {
  draw(text: string): void;
}

/** A terminal whose size is not set (`script` in a batch job) has no columns: nothing can be drawn on it. */
export function canDraw({ isTTY, columns, rows }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>): boolean {
  return isTTY && columns > 0 && rows > 0;
}

export function openScreen(stdout: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(stdout, { showCursor: true });
  return {
    draw: (text) => update(text),
    [Symbol.dispose]: () => update.done(),
  };
}
