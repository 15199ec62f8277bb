// For tests and benches that need an agent: a bastion, an engine and a spec for it, and control's end of its link; for the
// fuzzer, a front that takes any bytes.

export { type AgentWorld, openAgentWorld } from './testing/agent-world.ts';
export { type FakeControl, openFakeControl } from './testing/fake-control.ts';
export { type ManyWorkers, openManyWorkers } from './testing/many-workers.ts';
export { nodeEnvironment } from './testing/run-node-agent.ts';
export { controlIdentity } from '@fairlead/carrier/testing';
export { key as frontKey, openFrontWorld } from './testing/front-world.ts';
