export type { AgentErrorCode } from './agent-error.ts';
export type { AgentDeps, AgentSignal } from './agent-deps.ts';
export { agentVersion } from './agent-version.ts';
export { controlLinkMachine } from './control-link/link-table.ts';
export { exits, type ExitName } from './exit-code.ts';
export { connectionMachine } from './front/connection-table.ts';
export { readSpec } from './job/read-spec.ts';
export { runAgent } from './open-agent.ts';
export { supervisorMachine } from './supervisor/transition-table.ts';
