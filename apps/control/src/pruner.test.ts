// Forgetting, on a real database: by age, by number, in steps, and what it leaves alone.

import { afterEach, describe, expect, it } from 'vitest';

import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from './testing/open-test-control.ts';

const dayMs = 24 * 60 * 60 * 1000;

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

async function kinds(query: string): Promise<string[]> {
  const { events } = (await testControl.owner.call('GET', `/v1/events?${query}`)).body;
  return events.map(({ kind }: { kind: string }) => kind);
}

describe('control', () => {
  it('forgets deployments and events 90 days after their end, tells its watchers, and keeps what lives', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock });
    await testControl.deploy('twice');
    await testControl.owner.call('DELETE', '/v1/deployments/twice');
    await testControl.deploy('twice');
    await testControl.owner.call('DELETE', '/v1/deployments/twice');
    const living = await testControl.deploy('living');
    clock.jump(89 * dayMs);
    await testControl.deploy('recent');
    await testControl.owner.call('DELETE', '/v1/deployments/recent');
    const watch = await testControl.owner.watch();
    clock.jump(2 * dayMs);
    const first = watch.messages[0]!.seq;
    const later = () => watch.messages.find((message) => message.type === 'snapshot' && message.seq > first);
    while (!later()) await clock.advance(50);
    const snapshot = later();
    expect(watch.messages.map(({ type }) => type)).toContain('resync');
    expect(snapshot).toMatchObject({ deployments: [{ name: 'living' }, { name: 'recent' }] });
    expect((await testControl.owner.call('GET', '/v1/deployments/twice')).status).toBe(404);
    const { instances } = (await testControl.owner.call('GET', '/v1/instances')).body;
    expect(instances.map(({ deployment }: { deployment: string }) => deployment)).toEqual(['recent', 'living']);
    expect(await kinds('limit=1000')).toEqual(['deployment.created', 'stop.requested', 'instance.stopped']);
    // It is so on disk too, and the name is free.
    await testControl.restart();
    expect((await testControl.owner.call('GET', '/v1/deployments/living')).body.instances[0].id).toBe(
      living.instanceId,
    );
    expect((await testControl.owner.call('GET', '/v1/deployments?all=true')).body.deployments).toHaveLength(2);
    await testControl.deploy('twice');
  });

  it('keeps no more events than it says, the newest of them', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock, keeping: { keepEvents: 20 } });
    for (let n = 0; n < 30; n += 1) await testControl.deploy(`a${n}`);
    // The next look comes within the hour.
    await clock.advance(60 * 60 * 1000, 60_000);
    const kept = async () => (await testControl.owner.call('GET', '/v1/events?limit=1000')).body.events;
    while ((await kept()).length > 20) await clock.advance(50);
    expect((await kept()).at(-1)).toMatchObject({ seq: 30, deployment: 'a29' });
    expect(await kept()).toHaveLength(20);
  });
});
