// What a process that the agent starts is to the engine: the engine itself, its companion on this node, or the check of all companions.

export type EngineRole = 'engine' | 'companion' | 'check';

export const engineRoles: readonly EngineRole[] = ['engine', 'companion', 'check'];
