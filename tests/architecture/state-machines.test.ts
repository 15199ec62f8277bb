import { expect, it } from 'vitest';

import { houseFiles, houseText } from './house-files.ts';
import { isTestCode } from './judge-import.ts';

/** Files with steps of machines that other files show, each with the reason. */
const parts: Readonly<Record<string, string>> = {
  'apps/control/src/domain/held-instance.ts': 'passes each event to the life or to the presence of an instance',
  'apps/node-agent/src/nodes/roster/roster-state.ts': 'the states of roster.ts beside it',
  'apps/node-agent/src/supervisor/supervisor-state.ts': 'the states of supervisor/transition.ts',
  'packages/kit/src/state-machine.ts': 'the form that all machines have',
};

const files = houseFiles().filter((file) => /^(apps|packages)\/[^/]+\/src\//.test(file) && !isTestCode(file));

it('Every state machine is in docs/state-machines.md', () => {
  const page = houseText('docs/state-machines.md');
  const withSteps = files.filter((file) => /\bStep<\w/.test(houseText(file)));
  expect(withSteps.length).toBeGreaterThan(10);
  expect(withSteps.filter((file) => !(file in parts) && !page.includes(`\`${file}\``))).toEqual([]);
});
