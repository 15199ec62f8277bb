export { findGpu, findGpusOfGres, type Gpu, gpuLabel, gpus } from './gpu.ts';
export { type DecodedFacts, decodeModelFacts } from './facts/decode-model-facts.ts';
export { type ModelFacts, modelPreset, type ModelPreset } from './model-preset.ts';
export { builtInModels } from './models/built-in-models.ts';
export { type Change, findChanges } from './plan/find-changes.ts';
export { gpusOf, type WantedSplit } from './plan/layout.ts';
export { defaultWish, maxConcurrency, maxSequences, memoryOptions, type Wish } from './plan/memory.ts';
export { type Place, placeOfGpu, placesOfSite } from './plan/place.ts';
export { type PartitionFacts, placesOfPartitions } from './plan/places-of-partitions.ts';
export { bestPlan, isUnproven, type NoPlace, pickPlan } from './plan/pick-plan.ts';
export {
  type Cost,
  type FittingPlan,
  layoutWords,
  planModel,
  type PlanRefusal,
  type Reason,
  splitOptions,
} from './plan/plan-model.ts';
export { gibWords } from './plan/words.ts';
export { maxGpusPerNode, siteProfile, type SiteProfile } from './site-profile.ts';
export { builtInSites } from './sites/built-in-sites.ts';
