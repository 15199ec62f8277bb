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
