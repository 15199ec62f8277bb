export { TestbedError, type TestbedErrorCode } from './errors.ts';
export { openTestbed, type OpenTestbedOptions, Testbed } from './open-testbed.ts';
export type { Profile } from './plan.ts';
export { findMissingHere } from './requirements.ts';
export type { FinishedCommand as Finished } from './processes/run-command.ts';
export { type ExecOptions, type SpawnOptions, TestbedHandle } from './testbed.ts';
