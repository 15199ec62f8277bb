export { followMachine } from './paths/follow-table.ts';
export { warmMachine } from './paths/warm-table.ts';
