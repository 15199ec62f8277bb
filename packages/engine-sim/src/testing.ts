export { describeContracts } from './testing/describe-contracts.ts';
export { prepareRealEngine } from './testing/engine-command.ts';
