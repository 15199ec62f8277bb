// For tests of documentation: the checks and tables of the commands.

export { lanesFor } from './doctor/lanes.ts';
export { laptopChecks } from './doctor/laptop/laptop-checks.ts';
