export { followMachine } from './follow-table.ts';
export { warmMachine } from './warm-table.ts';
