// The end of a job as its agent reports it: known, moved, lifted.

import type { WatchMessage } from '@fairlead/protocol';
import { afterEach, expect, it } from 'vitest';

import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

const hasDeadline = (deadlineMs: number | undefined) => (message: WatchMessage) =>
  message.type === 'deployment.changed' &&
  message.deployment.instances[0]?.state.status === 'ready' &&
  message.deployment.instances[0]?.deadlineMs === deadlineMs;

it('A deadline that an agent no longer reports is forgotten, also by a control that starts again', async () => {
  testControl = await openTestControl();
  const a = { ...(await testControl.deploy('a')), name: 'a' };
  const watch = await testControl.owner.watch({ query: 'events=true' });
  const agent = await testControl.agent(a, { withData: true });
  await agent.next('control.welcome', true);
  agent.report({ status: 'ready' }, { deadlineMs: 1_800_000_000_000 });
  await watch.find(hasDeadline(1_800_000_000_000));
  agent.report({ status: 'ready' });
  await watch.find(hasDeadline(undefined));
  await testControl.restart();
  const [instance] = (await testControl.owner.call('GET', '/v1/deployments/a')).body.instances;
  expect(instance).not.toHaveProperty('deadlineMs');
});
