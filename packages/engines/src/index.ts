export { defaultEngine, engineKinds, findEngineKind } from './engine-kinds.ts';
export { failureCatalogue } from './catalogue/catalogue.ts';
export { type EngineSurroundings, type FailureEntry, failureTopics } from './catalogue/failure-entry.ts';
export { fillText, surroundingNames } from './catalogue/fill-text.ts';
export { createLineReader } from './diagnose/line-reader.ts';
export { createLogJudge, type LogJudge } from './diagnose/log-judge.ts';
export type { Diagnosis, Evidence, ProcessEnd, Verdict } from './diagnose/verdict.ts';
export { classifyFailure, type EngineEnd, entriesFor } from './judge/classify-failure.ts';
export type { EngineFailure } from './judge/engine-failure.ts';
export { explainSilence } from './judge/explain-silence.ts';
export { type EngineCommand, engineCommand, markerVariable } from './port/engine-command.ts';
export type {
  EngineCache,
  EngineCheck,
  EngineKind,
  EnginePlace,
  EngineSettings,
  EngineWanted,
  PhaseSeen,
} from './port/engine-kind.ts';
export { showEngineCommand } from './show-engine-command.ts';
export { flagWithValue } from './port/flags.ts';
export { type EngineMetrics, type MetricNames, parseMetrics } from './port/parse-metrics.ts';
export type { EngineSettingErrorCode } from './port/read-options.ts';
