import { silentLog, systemClock } from '@fairlead/kit';
import { createRouteMemory } from '@fairlead/ssh';
import { expect, it } from 'vitest';
import { openTunnel } from './tunnel.ts';
import type { Forward } from './open-forward.ts';

it('A tunnel stays up when a listener throws, and the throw is not reported as a failure of the network', async () => {
  const said: unknown[] = [];
  const opened: Array<PromiseWithResolvers<string>> = [];
  const second = Promise.withResolvers<void>();
  await using tunnel = openTunnel({
    routes: [],
    routeMemory: createRouteMemory(),
    kind: 'data',
    instanceId: 'aaaaaaaa',
    expectedHost: 'bastion',
    firstGeneration: 1,
    accept: () => undefined,
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(0, signal) },
    random: () => 0,
    log: { ...silentLog, error: ({ op, listener, error }) => said.push({ op, listener, error }) },
    async open({ generation }): Promise<Forward> {
      const lost = Promise.withResolvers<string>();
      opened.push(lost);
      const socketPath = `/run/aaaaaaaa-${generation}.sock`;
      return {
        socketPath,
        route: { name: 'bastion', index: 0, count: 1, answers: [] },
        lost: lost.promise,
        async [Symbol.asyncDispose]() {},
      };
    },
    onUp({ generation }) {
      if (generation === 2) second.resolve();
      else throw new Error('the listener failed');
    },
    onDown: (reason) => said.push({ down: reason }),
    onTrouble: (failure) => said.push({ trouble: failure.message }),
    onHopeless: (failure) => said.push({ hopeless: failure.message }),
  });
  await expect.poll(() => tunnel.state.status).toBe('up');
  opened[0]!.resolve('reset');
  await second.promise;
  expect(said).toEqual([{ op: 'tunnel.listener', listener: 'onUp', error: 'the listener failed' }, { down: 'reset' }]);
  expect(tunnel.state).toMatchObject({ status: 'up', generation: 2 });
});
