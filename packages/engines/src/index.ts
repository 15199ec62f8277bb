export { type CachePlaces, cacheVariables, placeCaches } from './caches/cache-variables.ts';
export { checkContainer } from './container/check-container.ts';
export { containerKinds } from './container/container-kinds.ts';
export { type ContainerSettings, containerSettings } from './container/container-settings.ts';
export { defaultEngine, engineKinds, findEngineKind } from './engine-kinds.ts';
export { type EngineCommand, engineCommand, markerVariable } from './port/engine-command.ts';
export type {
  CompanionPlace,
  EngineCompanion,
  EngineCache,
  EngineCheck,
  EngineFile,
  EngineGpu,
  EngineKind,
  EngineNode,
  EnginePlace,
  EnginePlan,
  EngineSettings,
  EngineWanted,
  PhaseSeen,
  WeightsPlace,
  PresetSettings,
} from './port/engine-kind.ts';
export { showEngineCommand, type ShownRank, showServeCommand } from './show-engine-command.ts';
export { flagWithValue } from './port/flags.ts';
export { type EngineMetrics, type MetricNames, parseMetrics } from './port/parse-metrics.ts';
export type { EngineSettingErrorCode } from './port/read-options.ts';
