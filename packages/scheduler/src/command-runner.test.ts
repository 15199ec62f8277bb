import { describe, expect, test } from 'vitest';
import { createLocalRunner } from './command-runner.ts';

const runner = createLocalRunner();

describe('createLocalRunner', () => {
  test('gives input, environment, output and exit code through', async () => {
    const result = await runner.run(['sh', '-c', 'cat; echo "$A" >&2; exit 3'], { stdin: 'in', env: { A: 'b' } });
    expect(result).toEqual({ code: 3, stdout: 'in', stderr: 'b\n' });
  });

  test('ends a command whose time is up', async () => {
    const result = await runner.run(['sleep', '60'], { timeoutMs: 50 });
    expect(result).toMatchObject({ code: null, timedOut: true });
  });

  test('rejects when aborted, and when there is no such command', async () => {
    const controller = new AbortController();
    const running = runner.run(['sleep', '60'], { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(runner.run(['/no/such/command'])).rejects.toThrow('ENOENT');
  });

  test('survives a command that does not read its input', async () => {
    expect(await runner.run(['true'], { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
  });
});
