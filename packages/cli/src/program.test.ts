import { PassThrough } from 'node:stream';

import { expect, it } from 'vitest';

import { createProgram } from './program.ts';

it.each([
  ['a command', ['\u001B]0;mine\u0007']],
  ['a flag', ['list', '--\u001B]0;mine\u0007']],
])('Wrong usage of %s does not pass on control characters that were typed', async (_what, words) => {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const program = createProgram('0', async () => undefined, streams as never);
  await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow(/unknown/);
  const said = String(streams.stderr.read());
  expect(said).toContain('␛]0;mine␇');
  expect(said).not.toContain('\u001B');
});
