// A leader with 63 other nodes: their links are real, their engines are not.

import { expect, it } from 'vitest';
import { controlIdentity } from '@fairlead/carrier/testing';
import { readSpec } from '../job/read-spec.ts';
import { openAgentWorld } from '../testing/agent-world.ts';
import { openFakeControl } from '../testing/fake-control.ts';
import { openManyWorkers } from '../testing/many-workers.ts';
import { nodeEnvironment } from '../testing/run-node-agent.ts';
import { runTestAgent } from '../testing/run-test-agent.ts';

// A busy machine may hold them up for longer: one of the tries keeps the time.
it(
  '64 nodes join their leader within 10 s, are told to start together, shown, and told to leave',
  { retry: 2, timeout: 60_000 },
  async () => {
    const nodes = 64;
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    const change = { engine: { name: 'sim', nodes, args: [], stopLimitSeconds: 1 } };
    const spec = await readSpec(await world.writeSpec(change));
    const began = performance.now();
    await using leader = await runTestAgent(world, { spec: change, env: nodeEnvironment(0, nodes) });
    using workers = openManyWorkers(spec, nodes);
    await workers.joined;
    expect(performance.now() - began).toBeLessThan(10_000);
    await workers.started;
    const all = await control.heard(
      'instance.reported',
      (report) => report.nodes.filter(({ gpus }) => gpus.length === 1).length === nodes - 1,
    );
    expect(all.nodes.map(({ rank }) => rank)).toEqual(Array.from({ length: nodes }, (_, rank) => rank));
    leader.signal('SIGTERM');
    await workers.left;
    await leader.exit;
  },
);
