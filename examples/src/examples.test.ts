// Unmodified clients through `fairlead connect`. `pnpm examples` runs those in Python, which need packages and half a minute.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { openWorld, type RunningCli, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientEnv, clients, needsPython } from './clients.ts';
import { runClient } from './run-client.ts';

let world: World;
let connected: RunningCli;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  world = await openWorld();
  await world.deploy('a');
  connected = world.start(['connect', 'a', '--json']);
  const said = JSON.parse(await connected.line((line) => line.includes('"baseUrl"'))) as Record<string, string>;
  const { baseUrl, apiKey, servedModel } = said;
  env = { ...process.env, ...clientEnv({ baseUrl: baseUrl!, apiKey: apiKey!, model: servedModel! }) };
}, 60_000);

afterAll(async () => {
  connected.signal('SIGTERM');
  await connected.ended;
  await world[Symbol.asyncDispose]();
});

describe('An unmodified client', () => {
  it.for(clients.filter((client) => !needsPython(client)))(
    '$name chats, streams, calls tools, meets errors and cancels',
    { timeout: 120_000 },
    async (client) => {
      expect(await runClient(client, { env })).toEqual({ ok: true });
    },
  );

  it('is not needed with the SDK, which uses no port', async () => {
    const script = fileURLToPath(new URL('./fairlead-sdk.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=fairlead-source', script, 'a'], { env: world.env });
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringMatching(/^chat: .{20}.*\nstream: \d+ pieces\nembeddings: 2 of \d+\n$/),
    });
  });
});
