import { fairleadConfig } from './fairlead-config.ts';
import { describe, expect, it } from 'vitest';

import { explainIssues } from './explain-issues.ts';

function explain(value: unknown): string[] {
  const result = fairleadConfig.safeParse(value);
  if (result.success) throw new Error('it is valid');
  return explainIssues(result.error.issues, fairleadConfig);
}

describe('A wrong configuration', () => {
  it.each([
    [
      { clusters: { tb: { slurm: { partion: 'gpu' } } } },
      'clusters.tb.slurm.partion: is not a setting; did you mean partition?',
    ],
    [{ cluster: {} }, 'cluster: is not a setting; did you mean clusters?'],
    [{ bastion: { fromLaptop: { host: 'b', zzzzzzzz: 1 } } }, 'bastion.fromLaptop.zzzzzzzz: is not a setting'],
    [
      { bastion: { fromLaptop: [{ host: 'b' }, { host: 'b', prot: 2222 }] } },
      'bastion.fromLaptop.1.prot: is not a setting; did you mean port?',
    ],
  ])('%j names the path and the nearest known name', (value, text) => expect(explain(value)).toContain(text));

  it('names the path of a wrong type', () =>
    expect(explain({ bastion: { fromLaptop: { host: 'b', port: 'x' } } })[0]).toMatch(/^bastion\.fromLaptop\.port: /));

  it('names every problem, not only the first', () =>
    expect(explain({ a: 1, b: 2, defaultCluster: 3 })).toHaveLength(3));
});
