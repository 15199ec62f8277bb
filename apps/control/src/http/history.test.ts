// The history over HTTP: pages from either end, and what is asked wrongly.

import type { EventView } from '@fairlead/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

const beats = 25;

let testControl: TestControl;
beforeAll(async () => {
  testControl = await openTestControl();
  await testControl.deploy('b');
  const made = await testControl.deploy('a');
  const agent = await testControl.agent({ ...made, name: 'a' });
  await agent.next('control.welcome', true);
  for (let id = 1; id <= beats; id += 1) {
    const recorded = agent.next('event.recorded');
    agent.send({ type: 'event.happened', id, atMs: 1000 + id, kind: 'beat', message: `${id}` });
    await recorded;
  }
});
afterAll(() => testControl[Symbol.asyncDispose]());

async function page(query: string): Promise<{ events: EventView[]; next: number; previous?: number }> {
  return (await testControl.owner.call('GET', `/v1/events?${query}`)).body;
}

const seqs = ({ events }: { events: EventView[] }) => events.map(({ seq }) => seq);

describe('the history', () => {
  it('is read forward page by page, without a gap and without a repetition', async () => {
    const all = seqs(await page('limit=1000'));
    const found: number[] = [];
    for (let after = 0; ;) {
      const next = await page(`after=${after}&limit=7`);
      if (next.events.length === 0) break;
      found.push(...seqs(next));
      after = next.next;
    }
    expect(all.length).toBeGreaterThan(beats);
    expect(found).toEqual(all);
  });

  it('is read from its end page by page, each oldest first', async () => {
    const all = seqs(await page('limit=1000'));
    let found = await page('last=7');
    expect(seqs(found)).toEqual(all.slice(-7));
    expect(found.next).toBe(all.at(-1));
    const backward = seqs(found);
    while (found.previous !== undefined) {
      found = await page(`last=7&before=${found.previous}`);
      backward.unshift(...seqs(found));
    }
    expect(backward).toEqual(all);
    // What is exactly the rest has nothing ahead of it.
    expect(await page(`last=${all.length}`)).not.toHaveProperty('previous');
  });

  it('is that of one deployment where one is named', async () => {
    expect((await page('deployment=b&last=10')).events).toMatchObject([
      { deployment: 'b', kind: 'deployment.created' },
    ]);
    const { events } = await page('deployment=a&last=3');
    expect(events.map(({ message }) => message)).toEqual(['23', '24', '25']);
    expect(await page('deployment=none&last=3')).toEqual({ events: [], next: 0 });
  });

  it.each([
    ['before=3', 'before'],
    ['last=3&after=1', 'last'],
    ['last=3&limit=1', 'last'],
    ['last=0', 'last'],
    ['last=1001', 'last'],
  ])('refuses %s and names the field', async (query, path) => {
    expect(await testControl.owner.call('GET', `/v1/events?${query}`)).toMatchObject({
      status: 400,
      body: { error: { path } },
    });
  });
});
