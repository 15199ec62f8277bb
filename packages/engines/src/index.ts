export { classifyFailure, type EngineEnd } from './judge/classify-failure.ts';
export type { EngineFailure } from './judge/engine-failure.ts';
export { explainSilence } from './judge/explain-silence.ts';
export type { EngineSurroundings } from './judge/known-failure.ts';
export { type EngineCommand, engineCommand, MARKER_VARIABLE } from './port/engine-command.ts';
export { type EngineMetrics, parseMetrics } from './port/parse-metrics.ts';
export { parseStartPhase, type PhaseSeen } from './vllm/parse-start-phase.ts';
