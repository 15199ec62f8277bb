import { expect, it } from 'vitest';

import { commandName } from './command-name.ts';

it.each([
  [
    'a checkout',
    'file:///me/fairlead/packages/cli/src/command-name.ts',
    { npm_command: 'run-script' },
    'npx pnpm@12 cli',
  ],
  ['an installed package', 'file:///usr/lib/node_modules/@fairlead/cli/dist/main.mjs', {}, 'fairlead'],
  ['a package that npx fetched', 'file:///me/_npx/dist/main.mjs', { npm_command: 'exec' }, 'npx @fairlead/cli'],
])('commandName names what to type in %s', (_, source, env, name) => {
  expect(commandName(env, source)).toBe(name);
});
