// What a member is told of their own limits.

import { expect, it } from 'vitest';

import { openForTest } from '../testing/open-for-test.ts';

it('A member sees what is left of their limits, by their own key alone', async () => {
  const limits = { tokensPerDay: 1_000, requestsPerMinute: 60 };
  const world = await openForTest({ limits });
  const question = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'count' }] };
  await (await world.post('/v1/chat/completions', question)).text();
  await world.settled(1);
  const see = (key: string) => fetch(`${world.url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
  expect(await (await see(world.key)).json()).toMatchObject({
    object: 'usage',
    member: 'bob',
    team: 'nlp',
    limits: [
      { limit: 'requests', most: 60, left: 59 },
      // The engine said that it used eight.
      { limit: 'tokens-day', most: 1_000, left: 992 },
    ],
  });
  expect((await see('flk_x')).status).toBe(401);
});
