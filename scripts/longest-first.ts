// The order of the test files: the longest begin first, so that no core waits at the end for one of them. Vitest knows how
// long files take only from an earlier run; a fresh checkout has none.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of five seconds and more, the longest first. A file that is missing here runs with the others, by its size. */
export const longest = [
  'tests/scenarios/slurm-site.test.ts',
  'tests/scenarios/gateway.test.ts',
  'tests/scenarios/demo.test.ts',
  'tests/scenarios/third-kinds.test.ts',
  'tests/scenarios/care-deploy.test.ts',
  'tests/scenarios/login-shells.test.ts',
  'tests/docs/blocks.test.ts',
  'apps/node-agent/src/nodes/several-nodes.test.ts',
  'tests/scenarios/liveness.test.ts',
  'tests/scenarios/job-keys.test.ts',
  'tests/scenarios/sdk-deploy.test.ts',
  'apps/node-agent/src/main.test.ts',
  'apps/node-agent/src/agent.test.ts',
  'tests/scenarios/cli-use.test.ts',
  'tests/scenarios/sdk-docs.test.ts',
  'packages/cli/src/commands/doctor.test.ts',
  'packages/engine-sim/src/main.test.ts',
  'packages/ssh/src/system-ssh/open-system-ssh.test.ts',
  'packages/ssh/src/gate-script.test.ts',
  'packages/ssh/src/job-key/install-job-key.test.ts',
  'tests/fuzz/host-lists.test.ts',
  'apps/node-agent/src/engine/end-engine.test.ts',
  'packages/launch/src/setup/setup.test.ts',
  'apps/node-agent/src/front/front-tunnel.test.ts',
  'packages/launch/src/ship/bundles.test.ts',
  'apps/node-agent/src/nodes/leader/node-links.test.ts',
  'packages/launch/src/plan/check-flags.test.ts',
  'tests/fuzz/ssh-config.test.ts',
  'tests/fuzz/fuzz.test.ts',
  'packages/carrier/src/carrier-kinds.test.ts',
];

export class LongestFirst extends BaseSequencer {
  /** Projects stay one after the other: a worker serves one of them. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    return sorted.toSorted(
      (a, b) => projects.indexOf(a.project.name) - projects.indexOf(b.project.name) || placeOf(a) - placeOf(b),
    );
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
  return place === -1 ? longest.length : place;
}
