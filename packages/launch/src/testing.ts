// For tests of fuzzing and packaging: parsers of what hosts say, and what is fetched for them.

export { parseFacts } from './host/host.ts';
export { elfMachine } from './ship/elf-machine.ts';
export { type FetchedRuntime, fetchRuntime } from './ship/fetch-runtime.ts';
