// The end of a job as its agent reports it: known, moved, lifted.

import type { WatchMessage } from '@fairlead/protocol';
import { afterEach, expect, it } from 'vitest';

import { openWorld, type World } from '../testing/world.ts';

let world: World;
afterEach(() => world[Symbol.asyncDispose]());

const hasDeadline = (deadlineMs: number | undefined) => (message: WatchMessage) =>
  message.type === 'deployment.changed' &&
  message.deployment.instances[0]?.state.status === 'ready' &&
  message.deployment.instances[0]?.deadlineMs === deadlineMs;

it('A deadline that an agent no longer reports is forgotten, also by a control that starts again', async () => {
  world = await openWorld();
  const a = { ...(await world.deploy('a')), name: 'a' };
  const watch = await world.owner.watch({ query: 'events=true' });
  const agent = await world.agent(a, { withData: true });
  await agent.next('control.welcome', true);
  agent.report({ status: 'ready' }, { deadlineMs: 1_800_000_000_000 });
  await watch.find(hasDeadline(1_800_000_000_000));
  agent.report({ status: 'ready' });
  await watch.find(hasDeadline(undefined));
  await world.restart();
  const [instance] = (await world.owner.call('GET', '/v1/deployments/a')).body.instances;
  expect(instance).not.toHaveProperty('deadlineMs');
});
