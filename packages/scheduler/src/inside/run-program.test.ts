import { expect, it } from 'vitest';
import { runProgram } from './run-program.ts';

const limits = { limitMs: 20_000 };

it.each([
  ['is not there', ['/nowhere/squeue']],
  ['fails', ['/bin/sh', '-c', 'exit 3']],
  ['the system refuses at once', ['/bin/echo', 'x'.repeat(8 * 1024 * 1024)]],
] as const)('runProgram gives nothing for a program that %s', async (_what, argv) => {
  await expect(runProgram([...argv] as [string, ...string[]], limits)).resolves.toBeUndefined();
});

it('runProgram gives what a program printed', async () => {
  await expect(runProgram(['/bin/echo', 'NONE'], limits)).resolves.toBe('NONE\n');
});
