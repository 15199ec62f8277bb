import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parsePrometheusLine, parseSamples } from './parse-line.ts';
import { relabelMetrics } from './relabel-metrics.ts';

const options = { labels: { deployment: 'demo', node: 'gpu"1\\' }, reservedPrefix: 'fairlead_', maxSamples: 1000 };

it('relabelMetrics adds labels to every sample and keeps HELP, TYPE, value and timestamp', () => {
  const text = '# HELP a_total Of a.\n# TYPE a_total counter\na_total{x="1",le="+Inf"} 3 1700000000000\nb 1.5e+09\r\n';
  expect(relabelMetrics(text, { ...options, labels: { deployment: 'demo' } })).toEqual({
    text: '# HELP a_total Of a.\n# TYPE a_total counter\na_total{deployment="demo",x="1",le="+Inf"} 3 1700000000000\nb{deployment="demo"} 1.5e+09\n',
    samples: 2,
    dropped: 0,
  });
});

it('relabelMetrics escapes its own values, and what it wrote can be read back', () => {
  const { text } = relabelMetrics('a{q="say \\"hi\\"\\n",r="}, b=\\"c"} NaN\n', options);
  expect(parseSamples(text)).toEqual([
    {
      name: 'a',
      labels: { deployment: 'demo', node: 'gpu"1\\', q: 'say "hi"\n', r: '}, b="c' },
      value: Number.NaN,
    },
  ]);
});

it('relabelMetrics renames a label that has the name of one of ours', () => {
  expect(relabelMetrics('a{deployment="theirs"} 1\n', options).text).toContain('exported_deployment="theirs"');
});

it('relabelMetrics leaves out what is no metric, and what claims to be ours', () => {
  const page = '<html>\n<body class="x">502 Bad Gateway</body>\n';
  const bad = [
    'a{b="1} 1',
    'a{b=1} 1',
    'a 1 2 3',
    'a',
    'a one',
    '1a 2',
    'a{} }',
    '\u0000\u0001',
    'a{b="\u001b[31mred"} 1',
    '# HELP a \u001b]0;title\u0007',
    'a{b="\u009b2J"} 1',
    `a ${'1'.repeat(20_000)}`,
  ];
  expect(relabelMetrics(page + bad.join('\n'), options)).toEqual({ text: '', samples: 0, dropped: 2 + bad.length });
  expect(relabelMetrics('fairlead_requests_total 9\n# TYPE fairlead_up gauge\n', options).text).toBe('');
});

it('relabelMetrics keeps its limit of samples', () => {
  const many = Array.from({ length: 5000 }, (_, at) => `a{n="${at}"} 1\n`).join('');
  expect(relabelMetrics(many, options)).toMatchObject({ samples: 1000, dropped: 4000 });
});

it('relabelMetrics takes every line of the page of a real vLLM', async () => {
  const page = await readFile(new URL('../../golden/metrics-0.32.0.txt', import.meta.url), 'utf8');
  const { dropped, samples } = relabelMetrics(page, options);
  expect(dropped).toBe(0);
  expect(samples).toBeGreaterThan(300);
});

it('parsePrometheusLine reads a hostile line in no time', () => {
  // Not the clock: it runs on while other processes have the processor.
  const before = process.cpuUsage();
  for (const part of ['a="', 'a="\\', 'a="b",', '{{{{', ' ,'])
    expect(parsePrometheusLine(`x{${part.repeat(3000)}`)).toBeUndefined();
  expect(process.cpuUsage(before).user).toBeLessThan(500_000);
});
