// A relay world for one test.

import { onTestFinished } from 'vitest';

import { chat } from './engine-answers.ts';
import { openRelayWorld, type RelayWorld, type RelayWorldOptions } from './relay-world.ts';

/** With one instance that chats, unless the options say otherwise. Closed after the test that calls it, behind its `afterEach`. */
export async function openForTest(options: Partial<RelayWorldOptions> = {}): Promise<RelayWorld> {
  const world = await openRelayWorld({ instances: [chat], ...options });
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}
