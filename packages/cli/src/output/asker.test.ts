import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createAsker } from './asker.ts';

function terminal() {
  const streams = { stdin: new PassThrough(), stderr: new PassThrough() };
  const end = new AbortController();
  let interrupts = 0;
  const ask = createAsker({ streams: streams as never, signal: end.signal, onInterrupt: () => interrupts++ });
  return { ask, end, streams, interrupts: () => interrupts };
}

describe('A question', () => {
  it('stands on stderr and takes the answer', async () => {
    const { ask, streams } = terminal();
    const answer = ask.confirm('Go on?', false);
    streams.stdin.write('y');
    expect(await answer).toBe(true);
    expect(String(streams.stderr.read())).toContain('Go on?');
  });

  it('shows what a host put into it, and obeys none of it', async () => {
    const { ask, end, streams } = terminal();
    const answer = ask.confirm('Its key is \u001B]0;root\u0007 SHA256:x', false);
    expect(String(streams.stderr.read())).toContain('␛]0;root␇ SHA256:x');
    end.abort(new Error('over'));
    await expect(answer).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('is a Ctrl-C for the command when that is the answer', async () => {
    const { ask, streams, interrupts } = terminal();
    const answer = ask.text('Which host?', {});
    streams.stdin.write('\u0003');
    await expect(answer).rejects.toMatchObject({ code: 'interrupted' });
    expect(interrupts()).toBe(1);
  });

  it('is taken away when the command is interrupted otherwise', async () => {
    const { ask, end, interrupts } = terminal();
    const answer = ask.choose('Which one?', [{ value: 'a', label: 'a' }]);
    end.abort(new Error('SIGTERM'));
    await expect(answer).rejects.toMatchObject({ code: 'interrupted' });
    // A second one would end the process at once.
    expect(interrupts()).toBe(0);
  });
});
