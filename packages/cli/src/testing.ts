// For tests of documentation: checks and JSON lines of the commands, and a command without a process.

export { lanesFor } from './doctor/lanes.ts';
export { laptopChecks } from './doctor/laptop/laptop-checks.ts';
export { jsonLines } from './output/lines/json-line.ts';
export { runCommand } from './testing/run-command.ts';
