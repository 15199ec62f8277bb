// The command as a process of its own: what it prints, how it stops, and that a kill at any moment loses nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { connectOwner } from './testing/owner.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

let root: string;
let state: string;
let run: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fl-main-'));
  state = join(root, 'state');
  run = join(root, 'run');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(root, { recursive: true });
});

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=fairlead-source', '--disable-sigusr1', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return child;
}

async function finish(...args: string[]) {
  const child = start(...args);
  const out: Record<string, string> = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', (chunk) => (out[name] += String(chunk)));
  const [code] = await once(child, 'close');
  return { code, stdout: out['stdout']!, stderr: out['stderr']! };
}

/** Resolves with the first log line of the op. */
async function logged(child: ChildProcess, op: string): Promise<Record<string, unknown>> {
  for await (const text of createInterface({ input: child.stdout! })) {
    const line = JSON.parse(text) as Record<string, unknown>;
    if (line['op'] === op) return line;
  }
  throw new Error(`it ended before it logged ${op}`);
}

async function serve(...more: string[]): Promise<ChildProcess> {
  const child = start('serve', '--state', state, '--run', run, ...more);
  expect(await logged(child, 'control.start')).toMatchObject({ ok: true });
  child.stdout!.resume();
  return child;
}

async function owner() {
  const { certificate } = JSON.parse((await finish('init', '--state', state)).stdout) as { certificate: string };
  const { ownerToken } = JSON.parse((await finish('token', '--state', state)).stdout) as { ownerToken: string };
  return connectOwner({ socketPath: join(run, 'control.sock'), certificate, token: ownerToken });
}

describe('the command', () => {
  it('prints the same certificate each time, and tokens', async () => {
    const first = await finish('init', '--state', state);
    expect(JSON.parse(first.stdout)).toEqual({ certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE/) });
    expect((await finish('init', '--state', state)).stdout).toBe(first.stdout);
    const token = JSON.parse((await finish('token', '--state', state)).stdout);
    expect(token).toEqual({ ownerToken: expect.stringMatching(/^flo_/) });
  });

  it('explains wrong usage with exit code 2', async () => {
    expect(await finish('serve', '--state', state)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--run'),
    });
    expect(await finish('fly', '--state', state)).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') });
    expect((await finish('serve', '--state', state, '--run', run, '--lease-ms', 'soon')).code).toBe(2);
  });

  it('says what to do where nothing was initialised', async () => {
    const { code, stdout } = await finish('serve', '--state', state, '--run', run);
    expect(code).toBe(1);
    expect(stdout).toContain('control init');
  });

  it('serves until told to stop, and leaves nothing in the run directory', async () => {
    await finish('init', '--state', state);
    const child = await serve();
    expect(readFileSync(join(run, 'control.pid'), 'utf8')).toBe(`${child.pid}\n`);
    let said = '';
    child.stderr!.on('data', (chunk) => (said += String(chunk)));
    child.kill('SIGUSR1');
    child.kill('SIGHUP');
    await using asking = await owner();
    expect((await asking.call('GET', '/readyz')).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    // Neither the end of the login nor the debugger's signal did anything.
    expect(said).toBe('');
    expect(existsSync(join(run, 'control.sock'))).toBe(false);
    expect(existsSync(join(run, 'control.pid'))).toBe(false);
    expect(existsSync(join(state, 'control.db-wal'))).toBe(false);
  });

  it('leaves quietly where one is running already, and takes over where one was killed', async () => {
    await finish('init', '--state', state);
    const first = await serve();
    const second = await finish('serve', '--state', state, '--run', run);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout.trim().split('\n')).toEqual([expect.stringContaining('already running')]);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(existsSync(join(run, 'control.sock'))).toBe(true);
    await serve();
  });

  it('refuses the state of another host until told otherwise', async () => {
    await finish('init', '--state', state);
    writeFileSync(join(state, 'owner.json'), '{"host":"elsewhere","bootId":"x","pid":1}');
    const refused = await finish('serve', '--state', state, '--run', run);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('control lives on elsewhere') });
    await serve('--take-ownership');
  });

  it('loses nothing that it acknowledged when it is killed', { timeout: 60_000 }, async () => {
    await using asking = await owner();
    const acknowledged: string[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const child = await serve();
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
    await serve();
    const { deployments } = (await asking.call('GET', '/v1/deployments?all=true')).body;
    const there = new Set(deployments.map(({ name }: { name: string }) => name));
    expect(acknowledged.length).toBeGreaterThanOrEqual(360);
    expect(acknowledged.filter((name) => !there.has(name))).toEqual([]);
  });
});
