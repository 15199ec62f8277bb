// Tests the runtime for arm64 clusters, as far as possible without an arm64 machine.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openWorld } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { elfMachine, type FetchedRuntime, fetchRuntime } from '@fairlead/launch/testing';
import { findArm64 } from './find-arm64.ts';
import { runOutside } from './run-outside.ts';

const arm64 = findArm64();
const { signal } = new AbortController();

let dir = '';
let runtime: FetchedRuntime;
/** Makes a script that runs the runtime, at a path that configurations can name. */
let node = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-arm64-'));
  runtime = await fetchRuntime('arm64', process.versions.node, { cacheDir: dir, signal });
  node = join(dir, 'node');
  const words = [...(arm64.ok ? arm64.prefix : []), runtime.file].map((word) => `'${word}'`);
  await writeFile(node, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe('The runtime for arm64', () => {
  it('comes from the registry with the right checksum, and is a program for arm64', async () => {
    expect(runtime.version).toMatch(/^(22|24)\.\d+\.\d+$/);
    expect(elfMachine(await readFile(runtime.file))).toBe('aarch64');
  });

  if (!arm64.ok) {
    it.skip(`runs (${arm64.why})`, () => undefined);
    return;
  }

  it('runs, and prints its version and platform', async () => {
    expect(await runOutside(node, ['--print', 'process.arch + " " + process.versions.node'], { cwd: dir })).toEqual({
      code: 0,
      stdout: `arm64 ${runtime.version}\n`,
      stderr: '',
    });
  });

  it('runs control, the agent and the simulator: a deployment answers through both hops', async () => {
    await using world = await openWorld({
      config: (config) => ({
        ...config,
        ...(config.bastion ? { bastion: { ...config.bastion, node } } : {}),
        clusters: {
          here: {
            ...config.clusters?.['here'],
            node,
            // The agent would start the simulator with its own Node, which needs the emulator on this machine.
            engines: { sim: { command: [node, '{engineSim}', 'serve'] } },
          },
        },
      }),
    });
    await world.deploy('a');
    const connect = world.start(['connect', 'a', '--json']);
    const said = JSON.parse(await connect.line((line) => line.includes('"baseUrl"'))) as Record<string, string>;
    const answer = await fetch(`${said['baseUrl']}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${said['apiKey']}` },
      body: JSON.stringify({ model: 'demo', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ usage: { completion_tokens: 5 } });
    connect.signal('SIGINT');
    await connect.ended;
  });
});
