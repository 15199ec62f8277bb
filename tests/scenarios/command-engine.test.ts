// A server that is not part of Fairlead, deployed with `engines.command`, answers requests through both hops.

import { spawnSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { connect } from '@fairlead/client';
import { type JsonLine, openWorld, processesOf, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 90_000;
const serve = join(import.meta.dirname, 'serve.py');
const hasPython = spawnSync('python3', ['--version']).status === 0;

let world: World;

beforeAll(async () => {
  if (!hasPython) return;
  world = await openWorld();
  await copyFile(serve, join(world.dir, 'serve.py'));
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

/** Resolves with the whole output of `deploy`. */
async function deploy(name: string, at: string, settings: Record<string, unknown> = {}): Promise<JsonLine[]> {
  const command = ['python3', join(world.dir, 'serve.py'), '--model', '{servedModel}', `--${at}`, `{${at}}`];
  const engine = JSON.stringify({ command, ...settings });
  const args = ['--engine', 'command', '--gpus', '0', '--name', name, '--set', `engines.command=${engine}`];
  const { code, lines, stderr } = await world.json('deploy', 'demo', ...args);
  expect(code, `${JSON.stringify(lines.at(-1))} ${stderr}`).toBe(0);
  return lines;
}

async function ask(name: string, content: string): Promise<string | null | undefined> {
  await using connection = await connect(name, { env: world.env, port: false });
  expect((await connection.models()).map(({ id }) => id)).toEqual(['demo']);
  const { choices } = await connection.chat({ messages: [{ role: 'user', content }] });
  return choices[0]?.message.content;
}

async function serverOf(at: 'port' | 'socket') {
  return (await processesOf(world.dir)).find(({ args }) => args.includes(`serve.py --model demo --${at}`));
}

async function saysItIsExposed(name: string): Promise<boolean> {
  const { lines } = await world.json('events', name);
  return lines.some((line) => JSON.stringify(line).includes('engine.exposed'));
}

describe.skipIf(!hasPython)("a server of a user's own (needs python3)", () => {
  it(
    'on a socket of the agent answers through both hops',
    async () => {
      const lines = await deploy('on-socket', 'socket');
      expect(lines).toContainEqual(expect.objectContaining({ event: 'deployment.planned', risks: [] }));
      expect(await ask('on-socket', 'ahoy')).toBe('You said: ahoy');
      expect(await saysItIsExposed('on-socket')).toBe(false);
    },
    timeoutMs,
  );

  it(
    'on a port answers with its key alone, which no other process of the node can read',
    async () => {
      await deploy('with-key', 'port', { env: { SERVE_API_KEY: '{apiKey}' }, health: '/up' });
      expect(await ask('with-key', 'ahoy')).toBe('You said: ahoy');
      const server = await serverOf('port');
      const port = /--port (\d+)/.exec(server?.args ?? '')?.[1];
      const stranger = await fetch(`http://127.0.0.1:${port}/v1/models`);
      expect(stranger.status).toBe(401);
      expect(server?.args).not.toContain('fle-');
      expect(await saysItIsExposed('with-key')).toBe(false);
    },
    timeoutMs,
  );

  it(
    'on a port without a key is deployed with the risk said, before and after',
    async () => {
      const lines = await deploy('without-key', 'port');
      const planned = lines.find(({ event }) => event === 'deployment.planned');
      expect(planned?.['risks']).toEqual([expect.stringContaining('takes no key')]);
      expect(await ask('without-key', 'ahoy')).toBe('You said: ahoy');
      await expect.poll(() => saysItIsExposed('without-key'), { timeout: 10_000 }).toBe(true);
    },
    timeoutMs,
  );

  it.each([
    ['engines.command={command: [serve]}', 'clusters.here.engines.command.command: does not say where to listen'],
    ['engines.comand={command: [serve]}', 'clusters.here.engines.comand: is not a setting; did you mean command?'],
    ['engines.command={helth: /up}', 'clusters.here.engines.command.helth: is not a setting; did you mean health?'],
    ['engines.vllm.args=[--port, "8000"]', 'clusters.here.engines.vllm.args: leave --port out'],
  ])('is refused before anything is done where %s is set', async (setting, words) => {
    const { code, last } = await world.json('deploy', 'demo', '--engine', 'command', '--set', setting);
    expect([code, JSON.stringify(last)]).toEqual([2, expect.stringContaining(words)]);
  });
});
