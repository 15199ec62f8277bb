import { readProcStat } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { openLocalHost } from './local-host.ts';
import { expandHome, factsScript, parseFacts } from './host.ts';

describe('The facts of a host', () => {
  it('are read from its own words', () => {
    expect(
      parseFacts(
        'home=/home/a b\nuser=alice\nhostname=n1\nsystem=Linux\nmachine=x86_64\nglibc=glibc 2.36\nnode=/usr/bin/node v22.18.0\n',
      ),
    ).toEqual({
      home: '/home/a b',
      user: 'alice',
      hostname: 'n1',
      system: 'Linux',
      machine: 'x86_64',
      glibc: '2.36',
      node: '/usr/bin/node',
    });
  });
  it.each(['v20.20.2', 'v22.17.9', 'v9.0.0', 'rubbish'])('leave out a Node of %s', (version) =>
    expect(parseFacts(`node=/usr/bin/node ${version}\n`).node).toBeUndefined(),
  );
  it.each(['v22.18.0', 'v24.0.0', 'v30.1.2'])('take a Node of %s', (version) =>
    expect(parseFacts(`node=/usr/bin/node ${version}\n`).node).toBe('/usr/bin/node'),
  );
  it('can be asked of a real shell', async () => {
    await using host = openLocalHost('/tmp', process.execPath);
    const asked = await host.runner.run(['sh', '-c', factsScript]);
    expect(parseFacts(asked.stdout)).toMatchObject({
      system: expect.stringMatching(/Linux|Darwin/),
      user: expect.stringMatching(/./),
    });
  });
});

describe('A home', () => {
  it.each([
    ['~', '/h'],
    ['~/x', '/h/x'],
    ['/x/~', '/x/~'],
    ['~bob/x', '~bob/x'],
  ])('in %s gives %s', (path, expanded) => expect(expandHome(path, '/h')).toBe(expanded));
});

describe('A leashed command', () => {
  it('ends with all that it started when its caller leaves', async () => {
    await using host = openLocalHost('/tmp', process.execPath);
    const leave = new AbortController();
    const started = Promise.withResolvers<number[]>();
    const script = 'trap "" INT; sleep 300 & echo "$$ $! $FAIRLEAD_INPUT"; wait';
    const running = host.runLeashed(['bash', '-c', script], {
      input: 'a secret',
      signal: leave.signal,
      onLine(line) {
        expect(line).toMatch(/^\d+ \d+ a secret$/);
        started.resolve(line.split(' ').slice(0, 2).map(Number));
        leave.abort(new Error('left'));
      },
    });
    await expect(running).rejects.toThrow('left');
    expect(await Promise.all((await started.promise).map(readProcStat))).toEqual([undefined, undefined]);
  });

  it('tells its exit code and the end of what it complained of', async () => {
    await using host = openLocalHost('/tmp', process.execPath);
    const lines: string[] = [];
    const { code, stderr } = await host.runLeashed(['sh', '-c', 'echo one; echo oh >&2; cat; exit 3'], {
      signal: new AbortController().signal,
      onLine: (line) => void lines.push(line),
    });
    expect({ code, stderr, lines }).toEqual({ code: 3, stderr: 'oh\n', lines: ['one'] });
  });

  it('says nothing of its own about a command that ends at once, as a shell with job control does one time in a hundred', async () => {
    await using host = openLocalHost('/tmp', process.execPath);
    const { signal } = new AbortController();
    const failing = () => host.runLeashed(['sh', '-c', 'exit 3'], { signal, onLine: () => {} });
    const results = await Promise.all(Array.from({ length: 50 }, failing));
    expect(new Set(results.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(new Set(['3 ']));
  });
});
