// The simulator in this process for one test, with a client that has its key.

import { Secret } from '@fairlead/kit';
import { expect } from 'vitest';
import { type EngineSimOptions, openEngineSim } from '../open-engine-sim.ts';
import { type ClientRequest, exchange, openExchange } from './exchange.ts';
import { temporarySocket } from './temporary-socket.ts';

export const key = 'k123';
export const bearer = { authorization: `Bearer ${key}` };

/** On a unix socket of its own; `send` and `open` carry the key. */
export async function openSim(options: Partial<EngineSimOptions> = {}) {
  const socket = temporarySocket();
  const sim = await openEngineSim({
    listen: { uds: socket.path },
    modelNames: ['tiny'],
    modelPath: '/models/m3',
    maxModelLen: 2048,
    apiKeys: [new Secret(key)],
    requestIds: true,
    ...options,
  });
  return {
    sim,
    path: socket.path,
    send: (request: ClientRequest) => exchange(socket.path, { ...request, headers: { ...bearer, ...request.headers } }),
    open: (request: ClientRequest) =>
      openExchange(socket.path, { ...request, headers: { ...bearer, ...request.headers } }),
    async [Symbol.asyncDispose]() {
      await sim[Symbol.asyncDispose]();
      socket[Symbol.dispose]();
    },
  };
}

export const chatPath = '/v1/chat/completions';
export const ask = (more: object = {}) => ({
  path: chatPath,
  body: { model: 'tiny', messages: [{ role: 'user', content: 'the quick brown fox' }], ...more },
});

/** Polls a condition that has no event, every `everyMs`, until the test's own time limit. */
export async function until(condition: () => boolean | Promise<boolean>, everyMs = 2): Promise<void> {
  await expect.poll(condition, { interval: everyMs, timeout: 10_000 }).toBe(true);
}
