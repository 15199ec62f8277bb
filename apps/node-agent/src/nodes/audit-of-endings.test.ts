// audit.jsonl of a job over two nodes after each way to end it: every line is whole, both nodes are in it, and the end of the instance.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditLine, decodeText, type InstanceReported } from '@fairlead/protocol';
import { controlIdentity } from '@fairlead/carrier/testing';
import { withTimeLimit } from '@fairlead/kit';
import { describe, it, vi } from 'vitest';
import { findMarked } from '../engine/find-processes.ts';
import type { ExitName } from '../exit-code.ts';
import { type AgentWorld, openAgentWorld } from '../testing/agent-world.ts';
import { type FakeControl, openFakeControl } from '../testing/fake-control.ts';
import { type NodeAgent, nodeEnvironment, runNodeAgent } from '../testing/run-node-agent.ts';
import { runTestAgent, type TestAgent } from '../testing/run-test-agent.ts';

interface Parts {
  world: AgentWorld;
  control: FakeControl;
  leader: TestAgent;
  worker: NodeAgent;
}

interface Ending {
  name: string;
  exit: ExitName;
  end: (parts: Parts) => void | Promise<void>;
  args?: string[];
}

const endings: Ending[] = [
  { name: 'a drain', exit: 'ended', end: ({ control }) => control.send({ type: 'instance.drain', orderId: 'o1' }) },
  {
    name: 'a stop at once',
    exit: 'ended',
    end: ({ control }) => control.send({ type: 'instance.stop', orderId: 'o1' }),
  },
  { name: 'a SIGTERM of Slurm', exit: 'ended', end: ({ leader }) => leader.signal('SIGTERM') },
  { name: 'the warning of Slurm', exit: 'ended', end: ({ leader }) => leader.signal('SIGUSR2') },
  {
    name: 'an agent that is killed, for which srun ends the others',
    exit: 'node_lost',
    async end({ leader, worker, world }) {
      worker.signal('SIGKILL');
      await worker.exited;
      const left = () => findMarked(`FAIRLEAD_INSTANCE=${world.spec.instanceId}.1`);
      await vi.waitUntil(async () => (await left()).length === 0, { timeout: 20_000, interval: 200 });
      leader.signal('SIGTERM');
    },
  },
  {
    name: 'an engine that fails on one node',
    exit: 'engine_start_failed',
    end: () => undefined,
    args: ['--sim-fault', 'start-failure:model-missing', '--sim-fault-rank', '1'],
  },
];

async function auditAfter({ end, args = [] }: Ending) {
  await using world = await openAgentWorld();
  await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
  const spec = { engine: { name: 'sim', nodes: 2, args, stopLimitSeconds: 10 } };
  await using leader = await runTestAgent(world, { spec, env: nodeEnvironment(0) });
  await using worker = runNodeAgent(join(world.dir, 'spec.json'), 1);
  const isReady = ({ state }: InstanceReported) => state.status === 'ready' || state.status === 'failed';
  await control.heard('instance.reported', isReady);
  await end({ world, control, leader, worker });
  const exit = await withTimeLimit(leader.exit, 30_000, () => new Error(`no end; it said:\n${leader.said.join('\n')}`));
  const text = await readFile(join(world.jobDir, 'audit.jsonl'), 'utf8');
  const told = control.messages.flatMap((message) => (message.type === 'event.happened' ? [message.message] : []));
  return { exit, text, told };
}

describe.concurrent('The audit file of a job over two nodes is complete', () => {
  it.for(endings)('after $name', async (ending, { expect }) => {
    const { exit, text, told } = await auditAfter(ending);
    expect(exit).toBe(ending.exit);
    expect(text.endsWith('\n')).toBe(true);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => decodeText(auditLine, line));
    const notes = lines.map((line) => (line.ok ? line.value : expect.unreachable(line.message)));
    const kinds = notes.map(({ kind }) => kind);
    expect(kinds[0]).toBe('agent.started');
    expect(kinds).toEqual(expect.arrayContaining(['node.joined', 'node.started', 'engine.started']));
    expect(kinds.findLast((kind) => kind.startsWith('instance.'))).toMatch(/^instance\.(?:stopped|failed)$/);
    // Control may miss the last ones; the file has them all.
    expect(notes.map(({ message }) => message)).toEqual(expect.arrayContaining(told));
  });
});
