// The door to everything about failures: the catalogue, the diagnosis of a log, the verdict on an engine's end.

export { failureCatalogue, failureWordsOf } from './catalogue/engine-failures.ts';
export { type EngineSurroundings, type FailureEntry, failureTopics } from './catalogue/failure-entry.ts';
export { fillText, surroundingNames } from './catalogue/fill-text.ts';
export { chooseLines } from './diagnose/choose-lines.ts';
export { createLogJudge, type LogJudge } from './diagnose/log-judge.ts';
export { judgeRanks } from './diagnose/judge-ranks.ts';
export type { Diagnosis, Evidence, ProcessEnd, Verdict } from './diagnose/verdict.ts';
export { classifyFailure, type EngineEnd, entriesFor } from './judge/classify-failure.ts';
export type { EngineFailure } from './judge/engine-failure.ts';
export { explainSilence } from './judge/explain-silence.ts';
