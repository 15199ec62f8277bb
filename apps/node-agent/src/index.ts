export type { AgentDeps, AgentSignal } from './agent-deps.ts';
export { AGENT_VERSION } from './agent-version.ts';
export { EXITS, type ExitName } from './exit-code.ts';
export { type AgentSpec, readSpec } from './job/read-spec.ts';
export { type RunProgram, runProgram } from './job/run-program.ts';
export { runAgent } from './open-agent.ts';
export { renderTransitionTable } from './supervisor/transition-table.ts';
