// An engine is a folder and a line, and so is a carrier: one of each that is in no list is put into a copy of this checkout, passes its
// contract there, and serves a deployment. Nothing else of the copy is changed, and nothing of the checkout.

import { readdir, readFile, rm } from 'node:fs/promises';
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
  await addEngine();
  await addCarrier();
  world = await openWorld();
}, timeoutMs);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await copy?.[Symbol.asyncDispose]();
}, timeoutMs);

const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');

async function addEngine(): Promise<void> {
  const engines = 'packages/engines/src';
  await copy.write(`${engines}/echo/echo.ts`, await read('echo-engine.ts'));
  await copy.lengthenList(`${engines}/engine-kinds.ts`, { name: 'echo', from: './echo/echo.ts' });
}

async function addCarrier(): Promise<void> {
  const carriers = 'packages/carrier/src';
  await copy.write(`${carriers}/local-socket/local-socket.ts`, await read('local-socket-carrier.ts'));
  const underTest = await read('local-socket-under-test.ts');
  const moved = underTest.replace('./local-socket-carrier.ts', '../local-socket.ts');
  await copy.write(`${carriers}/local-socket/testing/under-test.ts`, moved);
  const line = { name: 'localSocket', from: './local-socket/local-socket.ts' };
  await copy.lengthenList(`${carriers}/carrier-kinds.ts`, line);
}

it(
  'A third engine and a third carrier pass the contracts of engines and of carriers',
  async () => {
    const said = await copy.runTests(
      'packages/engines/src/engine-kinds.test.ts',
      'packages/carrier/src/carrier-kinds.test.ts',
    );
    expect(said).toContain('engine echo > has a name that can be a setting and a flag');
    expect(said).toContain('The carrier local-socket (carrier contract) > brings bytes both ways unchanged');
  },
  timeoutMs,
);

it(
  'A third engine is deployed by its name; a third carrier brings requests to it, and a program without that takes another',
  async () => {
    await copy.json(world, 'deploy', 'demo', '--engine', 'echo', '--name', 'third');
    const { deployment } = (await world.json('status', 'third')).last as { deployment: Shown };
    const kinds = deployment.instances[0]?.endpoints.map(({ address }) => address.kind);
    expect(kinds?.toSorted()).toEqual(['bastion-socket', 'local-socket']);
    {
      // This program knows the usual carriers alone: both hops.
      await using connection = await connect('third', { env: world.env, port: false });
      const { choices } = await connection.chat({ messages: [{ role: 'user', content: 'ahoy' }] });
      expect(choices[0]?.message.content).toBe('echo: ahoy');
    }

    // From here on only the third carrier leads to the engine.
    const run = join(world.dir, 'run');
    const [socket = ''] = (await readdir(run)).filter((name) => /^\w+-\d+\.sock$/.test(name));
    await rm(join(run, socket));
    expect(await copy.json(world, 'chat', 'third', 'ahoy', '--max-tokens', '4')).toMatchObject({ ok: true });
    // Ends the agent in order: it removes the carrier's sockets.
    expect((await world.json('stop', 'third')).code).toBe(0);
  },
  timeoutMs,
);

interface Shown {
  instances: Array<{ endpoints: Array<{ address: { kind: string } }> }>;
}
