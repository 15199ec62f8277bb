// An engine is a folder and a line: this adds a new one to a copy of the checkout, where it passes the contract
// and answers through both hops. Nothing else in the copy changes, and nothing in the checkout.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { connect } from '@fairlead/client';
import { openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { CheckoutCopy } from './copy-checkout.ts';

const timeoutMs = 180_000;

let copy: CheckoutCopy;
let world: World;

beforeAll(async () => {
  copy = await CheckoutCopy.make();
  const engines = 'packages/engines/src';
  await copy.write(`${engines}/echo/echo.ts`, await readFile(join(import.meta.dirname, 'echo-engine.ts'), 'utf8'));
  await copy.lengthenList(`${engines}/engine-kinds.ts`, { name: 'echo', from: './echo/echo.ts' });
  world = await openWorld();
}, timeoutMs);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await copy?.[Symbol.asyncDispose]();
}, timeoutMs);

it(
  'A third engine passes the contract of engines',
  async () => {
    const said = await copy.runTests('packages/engines/src/engine-kinds.test.ts');
    expect(said).toContain('engine echo > has a name that can be a setting and a flag');
  },
  timeoutMs,
);

it(
  'A third engine is deployed by its name and answers through both hops',
  async () => {
    await copy.json(world, 'deploy', 'demo', '--engine', 'echo', '--name', 'third');
    await using connection = await connect('third', { env: world.env, port: false });
    const { choices } = await connection.chat({ messages: [{ role: 'user', content: 'ahoy' }] });
    expect(choices[0]?.message.content).toBe('echo: ahoy');
  },
  timeoutMs,
);
