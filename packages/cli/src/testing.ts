// For tests of documentation, fuzzing and packaging: the parsers and tables of the commands.

export { lanesFor } from './doctor/lanes.ts';
export { laptopChecks } from './doctor/laptop/laptop-checks.ts';
export { parseFacts } from './host/host.ts';
export { findBundle } from './ship/bundles.ts';
export { elfMachine } from './ship/elf-machine.ts';
export { fetchRuntime, type FetchedRuntime } from './ship/fetch-runtime.ts';
