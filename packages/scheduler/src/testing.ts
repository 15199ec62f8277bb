export { describeSchedulerContract, type SchedulerWorld } from './scheduler.contract.ts';
export { createScriptedRunner, type ScriptedRunner } from './scripted-runner.ts';
