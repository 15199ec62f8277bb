import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { signalProcess } from './signal-process.ts';

it('signalProcess ends a process, and a group by its negative pid', async () => {
  for (const sign of [1, -1]) {
    const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    signalProcess(sign * child.pid!, 'SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
  }
});

it('signalProcess does nothing where there is no such process, and throws for a signal that does not exist', async () => {
  const child = spawn('true', { detached: true, stdio: 'ignore' });
  await once(child, 'exit');
  signalProcess(child.pid!, 'SIGTERM');
  signalProcess(-child.pid!, 'SIGTERM');
  expect(() => signalProcess(child.pid!, 'SIGNONE' as NodeJS.Signals)).toThrow('SIGNONE');
});
