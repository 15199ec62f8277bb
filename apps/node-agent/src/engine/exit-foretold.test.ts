import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import { exitForetold } from './exit-foretold.ts';
import type { EngineExit } from './spawn-engine.ts';

it('an engine that says that it is about to end counts as ended when its last lines have been read', async () => {
  const clock = new ManualClock();
  const exited = Promise.withResolvers<EngineExit>();
  const lastWords = Promise.withResolvers<void>();
  const told = exitForetold(exited.promise, lastWords.promise, clock);
  lastWords.resolve();
  await expect
    .poll(async () => (await clock.advance(100), Promise.race([told, Promise.resolve()])))
    .toEqual({
      code: null,
      signal: null,
      isEnding: true,
    });
});

it('an engine that ends at once is told with its exit', async () => {
  const exit = { code: 1, signal: null };
  expect(await exitForetold(Promise.resolve(exit), Promise.resolve(), new ManualClock())).toEqual(exit);
});
