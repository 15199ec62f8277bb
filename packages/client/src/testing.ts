export { followMachine } from './paths/follow-table.ts';
export { warmMachine } from './paths/warm-table.ts';
export { cutEverywhere, type CutOutcome } from './testing/cut-everywhere.ts';
export { type MemoryConsumer, openMemoryConsumer } from './testing/memory-consumer.ts';
