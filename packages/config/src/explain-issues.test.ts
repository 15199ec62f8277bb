import { fairleadConfig } from './fairlead-config.ts';
import { describe, expect, it } from 'vitest';

import { explainIssues, problemWords } from './explain-issues.ts';

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

  it('says each form that a setting may have', () => {
    const logging = (requests: unknown) => explain({ clusters: { a: { logging: { requests } } } });
    expect(logging('maybe')).toEqual([
      'clusters.a.logging.requests: Invalid input: expected boolean or "with-contents"',
    ]);
    const length = (maxModelLen: unknown) => explain({ clusters: { a: { engines: { vllm: { maxModelLen } } } } });
    expect(length('long')[0]).toMatch(/maxModelLen: Invalid input: expected number or "auto"$/);
    expect(length(0)[0]).toMatch(/maxModelLen: Too small/);
  });

  it.each([
    ['slurm.partition', { slurm: { partition: 'a\nb' } }, 'must be one line'],
    ['slurm.override.gres', { slurm: { override: { gres: 'a\rb' } } }, 'must be one line'],
    ['slurm.extra.0', { slurm: { extra: ['--comment=a\nid'] } }, 'must be one line'],
    ['gpu.type', { gpu: { type: 'a\nb' } }, 'must be one line'],
    ['paths.state', { paths: { state: '/a\nb' } }, 'must be one line'],
    ['prologue.1', { prologue: ['true', 'a\nb'] }, 'must be one line'],
    ['env.FOO', { env: { FOO: 'a\nb' } }, 'must be one line'],
    ['tokenFile', { tokenFile: '/a\0b' }, 'must not contain a NUL byte'],
    ['engines.vllm.args.1', { engines: { vllm: { args: ['--x', 'a\0b'] } } }, 'must not contain a NUL byte'],
    ['engines.vllm.chatTemplate', { engines: { vllm: { chatTemplate: '\0' } } }, 'must not contain a NUL byte'],
  ])('names %s, which a job script cannot hold', (path, cluster, problem) => {
    expect(explain({ clusters: { a: cluster } })).toEqual([`clusters.a.${path}: ${problem}`]);
  });

  it('leaves a chat template its lines', () => {
    const cluster = { engines: { vllm: { chatTemplate: 'a\nb' } } };
    expect(fairleadConfig.safeParse({ clusters: { a: cluster } }).success).toBe(true);
  });

  it('is told in a bounded list', () => {
    expect(problemWords(['a: b'])).toBe('a: b');
    const words = problemWords(Array.from({ length: 1000 }, (_, index) => `${index}: is not a setting`));
    expect(words.split('\n')).toHaveLength(22);
    expect(words).toMatch(/^of 1000 problems:\n  0: .*\n  and 980 more$/s);
  });

  it('names every problem, not only the first', () =>
    expect(explain({ a: 1, b: 2, defaultCluster: 3 })).toHaveLength(3));
});
