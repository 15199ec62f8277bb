// For tests of documentation and of whole commands.

export { hashOfConfig } from './bastion/config-in-force.ts';
export { lanesFor } from './doctor/lanes.ts';
export { laptopChecks } from './doctor/laptop/laptop-checks.ts';
export { jsonLines } from './output/lines/json-line.ts';
