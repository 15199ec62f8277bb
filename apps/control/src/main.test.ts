// The command as a process of its own: what it prints, how it stops, and that a kill at any moment loses nothing.

import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openSqliteStore } from './store/sqlite-store.ts';
import { type ControlPlace, openControlPlace } from './testing/control-process.ts';

let place: ControlPlace;
beforeEach(() => {
  place = openControlPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

describe('the command', { timeout: 60_000 }, () => {
  it('prints the same certificate each time, and tokens', async () => {
    const first = await place.finish('init', '--state', place.state);
    expect(JSON.parse(first.stdout)).toEqual({ certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE/) });
    expect((await place.finish('init', '--state', place.state)).stdout).toBe(first.stdout);
    const token = JSON.parse((await place.finish('token', '--state', place.state)).stdout);
    expect(token).toEqual({ ownerToken: expect.stringMatching(/^flo_/) });
  });

  it('explains wrong usage with exit code 2', async () => {
    expect(await place.finish('serve', '--state', place.state)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--run'),
    });
    expect(await place.finish('fly', '--state', place.state)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Usage'),
    });
    expect((await place.finish('serve', '--state', place.state, '--run', place.run, '--lease-ms', 'soon')).code).toBe(
      2,
    );
  });

  it('says what to do where nothing was initialised', async () => {
    const { code, stdout } = await place.finish('serve', '--state', place.state, '--run', place.run);
    expect(code).toBe(1);
    expect(stdout).toContain('control init');
  });

  it('serves until told to stop, and leaves nothing in the run directory', async () => {
    await place.finish('init', '--state', place.state);
    const child = await place.serve();
    expect(readFileSync(join(place.run, 'control.pid'), 'utf8')).toBe(`${child.pid}\n`);
    let said = '';
    child.stderr!.on('data', (chunk) => (said += String(chunk)));
    child.kill('SIGUSR1');
    child.kill('SIGHUP');
    await using asking = await place.owner();
    expect((await asking.call('GET', '/readyz')).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    // Neither the end of the login nor the debugger's signal did anything.
    expect(said).toBe('');
    expect(existsSync(join(place.run, 'control.sock'))).toBe(false);
    expect(existsSync(join(place.run, 'control.pid'))).toBe(false);
    expect(existsSync(join(place.state, 'control.db-wal'))).toBe(false);
  });

  it('leaves quietly where one is running already, and takes over where one was killed', async () => {
    await place.finish('init', '--state', place.state);
    const first = await place.serve();
    const second = await place.finish('serve', '--state', place.state, '--run', place.run);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout.trim().split('\n')).toEqual([expect.stringContaining('already running')]);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(existsSync(join(place.run, 'control.sock'))).toBe(true);
    await place.serve();
  });

  it('refuses the state of another host until told otherwise', async () => {
    await place.finish('init', '--state', place.state);
    await openSqliteStore(join(place.state, 'control.db'))[Symbol.asyncDispose]();
    writeFileSync(join(place.state, 'owner.json'), '{"host":"elsewhere","bootId":"x","pid":1}');
    const refused = await place.finish('serve', '--state', place.state, '--run', place.run);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('control lives on elsewhere') });
    await place.serve('--take-ownership');
  });

  it('loses nothing that it acknowledged when it is killed', { timeout: 60_000 }, async () => {
    await using asking = await place.owner();
    const acknowledged: string[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const child = await place.serve();
      const gone = once(child, 'exit');
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; ; n += 1) {
          const name = `r${round}w${writer}n${n}`;
          const body = { name, model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };
          const { status } = await asking.call('POST', '/v1/deployments', body);
          if (status !== 201) throw new Error(`cannot create ${name}: got ${status}`);
          acknowledged.push(name);
          if (acknowledged.length === round * 120) child.kill('SIGKILL');
        }
      });
      const ends = await Promise.allSettled(writers);
      // Only the kill may end a writer.
      for (const end of ends)
        expect(end.status === 'rejected' && String(end.reason)).toMatch(
          /hang up|ECONNRESET|ECONNREFUSED|EPIPE|disconnected/,
        );
      await gone;
    }
    await place.serve();
    const { deployments } = (await asking.call('GET', '/v1/deployments?all=true')).body;
    const there = new Set(deployments.map(({ name }: { name: string }) => name));
    expect(acknowledged.length).toBeGreaterThanOrEqual(360);
    expect(acknowledged.filter((name) => !there.has(name))).toEqual([]);
  });
});
