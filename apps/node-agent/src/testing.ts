// For tests and benches that need an agent: a bastion, an engine and a spec for it, and control's end of its link; for the
// fuzzer, what reads an engine's output and a front that takes any bytes.

export { type AgentWorld, openAgentWorld } from './testing/agent-world.ts';
export { type FakeControl, openFakeControl } from './testing/fake-control.ts';
export { CONTROL_IDENTITY } from './testing/test-identities.ts';
export { classifyFailure } from './engine/classify-failure.ts';
export { parseMetrics } from './engine/parse-metrics.ts';
export { parseStartPhase } from './engine/parse-start-phase.ts';
export { KEY as frontKey, openFrontWorld } from './front/front-world.ts';
export { fuzzHead } from './front/fuzz-head.ts';
