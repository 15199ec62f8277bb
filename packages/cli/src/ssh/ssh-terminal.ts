// The terminal while the system's ssh asks there: one login at a time, and no line of ours in between.

import type { SshTerminal } from '@fairlead/ssh';

import type { Output } from '../output/output.ts';

export function createSshTerminal(output: Pick<Output, 'close' | 'progress'>): SshTerminal {
  let turn: Promise<void> = Promise.resolve();
  return {
    async take() {
      const before = turn;
      const { promise, resolve } = Promise.withResolvers<void>();
      turn = promise;
      await before;
      // What was going on stands where ssh writes its question.
      output.close();
      return { [Symbol.dispose]: resolve };
    },
    say: (line) => output.progress(`ssh: ${line}`),
  };
}
