import { expect, it } from 'vitest';
import { askProgram } from './ask-program.ts';

const limits = { timeoutMs: 20_000 };

it.each([
  ['is not there', ['/nowhere/squeue']],
  ['fails', ['/bin/sh', '-c', 'exit 3']],
  ['the system refuses at once', ['/bin/echo', 'x'.repeat(8 * 1024 * 1024)]],
  ['prints without end', ['/bin/sh', '-c', 'while :; do printf %8192s x; done']],
] as const)('askProgram gives nothing for a program that %s', async (_what, argv) => {
  await expect(askProgram([...argv] as [string, ...string[]], limits)).resolves.toBeUndefined();
});

it('askProgram gives what a program printed', async () => {
  await expect(askProgram(['/bin/echo', 'NONE'], limits)).resolves.toBe('NONE\n');
});

it('askProgram gives nothing when the time is up, also where a child of the program holds its output open', async () => {
  await expect(askProgram(['/bin/sh', '-c', 'sleep 30 & wait'], { timeoutMs: 50 })).resolves.toBeUndefined();
});

it('askProgram gives nothing for a question that is aborted', async () => {
  const over = new AbortController();
  const asked = askProgram(['/bin/sleep', '60'], { ...limits, signal: over.signal });
  over.abort(new Error('the agent has ended'));
  await expect(asked).resolves.toBeUndefined();
});
