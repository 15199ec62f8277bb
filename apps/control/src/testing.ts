// Fakes for tests and benches that need a control: an agent without a job, an owner without SSH. Real sockets, real TLS.

export { deriveInstanceToken } from './state/tokens.ts';
export { connectOwner, type Owner } from './testing/owner.ts';
export { type FakeAgent, type FakeAgentOptions, openFakeAgent } from './testing/fake-agent.ts';
export { openTestControl, type TestControl } from './testing/open-test-control.ts';
export { type AgentFrame, decodeAgentFrame } from './ws/decode-agent-frame.ts';
