// A form with a file, through the data path to an instance.

import { expect, it } from 'vitest';

import { openForTest } from '../testing/open-for-test.ts';

const path = '/v1/audio/transcriptions';

it('A form goes to the instance whole, with the name of the model that the engine knows', async () => {
  const world = await openForTest({
    instances: [(_request, response) => response.end(JSON.stringify({ text: 'ropes' }))],
  });
  const form = new FormData();
  form.append('file', new Blob([Buffer.alloc(100_000, 'a')]), 'a.wav');
  form.append('model', 'd');
  const headers = { authorization: `Bearer ${world.key}` };
  const answer = await fetch(world.url + path, { method: 'POST', headers, body: form });
  expect([answer.status, await answer.json()]).toEqual([200, { text: 'ropes' }]);
  const [body] = world.seen[0]!.bodies;
  expect(body).toContain('name="model"\r\n\r\nm\r\n--');
  expect(body!.split('a'.repeat(100_000))).toHaveLength(2);
  expect(await world.settled(1)).toMatchObject([{ outcome: 'completed', model: 'd', route: path }]);
  const json = await world.post(path, { model: 'm' });
  expect([json.status, await json.text()]).toEqual([400, expect.stringContaining('multipart/form-data')]);
});
