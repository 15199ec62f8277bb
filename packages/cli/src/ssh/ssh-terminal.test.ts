import { expect, it } from 'vitest';

import { createSshTerminal } from './ssh-terminal.ts';

it('createSshTerminal gives the terminal to one login after the other, each on a line of its own', async () => {
  const seen: string[] = [];
  const terminal = createSshTerminal({
    close: () => seen.push('cleared'),
    progress: (text) => seen.push(text),
  });
  async function login(name: string): Promise<void> {
    using _held = await terminal.take();
    seen.push(`${name} asks`);
    await Promise.resolve();
    seen.push(`${name} is in`);
  }
  terminal.say('Choose 1 or 2');
  await Promise.all([login('one'), login('two')]);
  expect(seen).toEqual(['ssh: Choose 1 or 2', 'cleared', 'one asks', 'one is in', 'cleared', 'two asks', 'two is in']);
});
