// A control whose run directory loses this and that, as on a /tmp that is cleaned.

import { existsSync, lstatSync, lutimesSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { ManualClock } from '@fairlead/kit/testing';
import { connectOwner } from '../testing/owner.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

async function open() {
  const clock = new ManualClock();
  testControl = await openTestControl({ clock });
  return { clock, file: (name: string) => join(testControl.runDir, name) };
}

/** Over a connection of its own. */
async function hello(): Promise<number | string> {
  const { certificate, control, token } = testControl;
  await using owner = connectOwner({ socketPath: control.socketPath, certificate, token });
  return await owner.call('GET', '/v1/hello').then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

const parts = ['parked', 'control.sock', 'control.pid', ''];

describe('the run directory', () => {
  it.each(parts)('is whole again after something took `%s` of it', async (part) => {
    const { clock, file } = await open();
    rmSync(file(part), { recursive: true });
    await clock.advance(2100);
    await expect.poll(hello).toBe(200);
    expect(statSync(file('parked')).mode & 0o777).toBe(0o700);
    expect(lstatSync(file('control.sock')).mode & 0o777).toBe(0o600);
    await expect.poll(() => existsSync(file('control.pid'))).toBe(true);
    expect(readFileSync(file('control.pid'), 'utf8')).toBe(`${process.pid}\n`);
    await testControl.stop();
    expect(['control.sock', 'control.pid'].filter((name) => existsSync(file(name)))).toEqual([]);
  });

  it('is watched also when it was made again', async () => {
    const { clock } = await open();
    rmSync(testControl.runDir, { recursive: true });
    await clock.advance(2100);
    await expect.poll(hello).toBe(200);
    // The clock stands still: no scan finds this one.
    const agent = await testControl.agent({ ...(await testControl.deploy('a')), name: 'a' });
    await agent.next('control.welcome', true);
  });

  it('may lose the place for parked sockets when an agent falls silent', async () => {
    const { clock, file } = await open();
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made, { withData: true });
    await agent.next('control.welcome', true);
    agent.report({ status: 'ready' });
    await expect.poll(async () => (await testControl.owner.call('GET', '/v1/endpoints/a')).status).toBe(200);
    agent.freeze();
    await clock.advance(14_000);
    rmdirSync(file('parked'));
    await clock.advance(1300);
    await expect.poll(() => existsSync(file(`parked/${made.instanceId}-1.sock`))).toBe(true);
    expect(await hello()).toBe(200);
  });

  it('leaves the socket of another program in its place, and takes the place when that has gone', async () => {
    const { clock, file } = await open();
    rmSync(file('control.sock'));
    const other = createServer();
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    other.listen(file('control.sock'), resolve);
    await listening;
    const { ino } = lstatSync(file('control.sock'));
    await clock.advance(4100);
    expect(lstatSync(file('control.sock')).ino).toBe(ino);
    other.close();
    await clock.advance(2100);
    await expect.poll(hello).toBe(200);
  });

  it('does not grow old: cleaners of /tmp find nothing to take', async () => {
    const { clock, file } = await open();
    await testControl.agent({ ...(await testControl.deploy('a')), name: 'a' }, { withData: true });
    mkdirSync(file('stranger'));
    const names = ['.', 'parked', 'control.sock', 'control.pid', 'stranger'];
    for (const name of names) lutimesSync(file(name), 1, 1);
    await clock.advance(3_601_000, 2000);
    const old = names.filter((name) => lstatSync(file(name)).mtimeMs < 10_000);
    expect(old).toEqual([]);
  });
});
