export { fuzzHead, fuzzSplit, seededRandom } from './testing/fuzz-head.ts';
