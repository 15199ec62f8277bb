// A carrier is a folder and a line: one that is not in the list is put into a copy of this checkout, passes the contract there,
// and brings requests from a consumer to the engine. Nothing else of the copy is changed, and nothing of the checkout.

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
  const carriers = 'packages/carrier/src';
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  await copy.write(`${carriers}/local-socket/local-socket.ts`, await read('local-socket-carrier.ts'));
  const underTest = await read('local-socket-under-test.ts');
  const moved = underTest.replace('./local-socket-carrier.ts', '../local-socket.ts');
  await copy.write(`${carriers}/local-socket/testing/under-test.ts`, moved);
  await copy.lengthenList(`${carriers}/carrier-kinds.ts`, {
    name: 'localSocket',
    from: './local-socket/local-socket.ts',
  });
  world = await openWorld();
}, timeoutMs);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await copy?.[Symbol.asyncDispose]();
}, timeoutMs);

it(
  'A third carrier passes the contract of carriers',
  async () => {
    const said = await copy.runTests('packages/carrier/src/carrier-kinds.test.ts');
    expect(said).toContain('The carrier local-socket (carrier contract) > brings bytes both ways unchanged');
  },
  timeoutMs,
);

it(
  'A third carrier brings requests to the engine, and a program without it takes another',
  async () => {
    await copy.json(world, 'deploy', 'demo', '--name', 'third');
    const { deployment } = (await world.json('status', 'third')).last as { deployment: Shown };
    const kinds = deployment.instances[0]?.endpoints.map(({ address }) => address.kind);
    expect(kinds?.toSorted()).toEqual(['bastion-socket', 'local-socket']);
    await using connection = await connect('third', { env: world.env, port: false });
    expect((await connection.models()).map(({ id }) => id)).toEqual(['demo']);

    // From here on only the third carrier leads to the engine.
    const run = join(world.dir, 'run');
    const [socket = ''] = (await readdir(run)).filter((name) => /^\w+-\d+\.sock$/.test(name));
    await rm(join(run, socket));
    expect(await copy.json(world, 'chat', 'third', 'ahoy', '--max-tokens', '4')).toMatchObject({ ok: true });
    // Ends the agent in order: it removes the carrier's sockets.
    await copy.json(world, 'stop', 'third');
  },
  timeoutMs,
);

interface Shown {
  instances: Array<{ endpoints: Array<{ address: { kind: string } }> }>;
}
