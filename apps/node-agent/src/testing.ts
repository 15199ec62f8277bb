// For tests and benches that need an agent: a bastion, an engine and a spec for it, and control's end of its link.

export { type AgentWorld, openAgentWorld } from './testing/agent-world.ts';
export { type FakeControl, openFakeControl } from './testing/fake-control.ts';
export { CONTROL_IDENTITY } from './testing/test-identities.ts';
