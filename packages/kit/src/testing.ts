// For tests: time that passes when it is told to.

export { ManualClock } from './testing/manual-clock.ts';
