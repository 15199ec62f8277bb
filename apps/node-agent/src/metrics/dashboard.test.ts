import { readFile } from 'node:fs/promises';
import { parseSamples } from '@fairlead/engines/metrics';
import { expect, it } from 'vitest';
import { createAgentMetrics } from './agent-metrics.ts';
import { metricHelp } from './metric-table.ts';

const root = new URL('../../../../', import.meta.url);
const readText = (path: string) => readFile(new URL(path, root), 'utf8');

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { name: string; query: string | { query: string } }[] };
}

/** The names of metrics in a query: what stands before a selector. Every query of the dashboard has one. */
function metricsIn(query: string): string[] {
  return [...query.matchAll(/([a-zA-Z_:][\w:]*)(?=\{)/g)].map(([name]) => name);
}

async function knownMetrics(): Promise<Set<string>> {
  const histograms = ['_bucket', '_sum', '_count'];
  const own = Object.keys(metricHelp).flatMap((name) => [name, ...histograms.map((end) => `${name}${end}`)]);
  // The page of a real vLLM 0.32.
  const engine = parseSamples(await readText('packages/engines/golden/metrics-0.32.0.txt')).map(({ name }) => name);
  return new Set([...own, ...engine]);
}

it('every metric that the Grafana dashboard asks for exists', async () => {
  const { panels, templating } = JSON.parse(await readText('docs/grafana/fairlead.json')) as Dashboard;
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const variables = templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));
  const known = await knownMetrics();
  for (const query of queries) expect(metricsIn(query), query).not.toEqual([]);
  const asked = [...queries.flatMap(metricsIn), ...variables.map((query) => /\((\w+)/.exec(query)?.[1] ?? query)];
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

it('every label by which the dashboard selects is on the samples', async () => {
  const metrics = createAgentMetrics({ deployment: 'd', instance: 'i', node: 'n', model: 'm' });
  metrics.noted('engine.ready');
  const page = await metrics.render({
    state: { status: 'ready' },
    deadlineMs: undefined,
    metrics: undefined,
    stats: {
      accepted: 0,
      admitted: 0,
      inFlight: 0,
      dialRetries: 0,
      generatedPieces: 0,
      outcomes: { completed: 0, refused: 0, client_left: 0, engine_failed: 0, cut: 0 },
      refusals: {},
      bytesToEngine: 0,
      bytesToClient: 0,
    },
    now: 0,
    nodes: [],
    engine: undefined,
  });
  const samples = parseSamples(page);
  const text = await readText('docs/grafana/fairlead.json');
  const selected = [...text.matchAll(/(\w+)=~\\"/g)].map(([, label]) => label ?? '');
  expect([...new Set(selected)].toSorted()).toEqual(['deployment', 'instance', 'kind']);
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  for (const label of selected) expect(labels).toContain(label);
});

it('docs/observability.md has every metric of the agent with its meaning, and no other', async () => {
  const page = await readText('docs/observability.md');
  for (const [name, help] of Object.entries(metricHelp)) expect(page).toContain(`| \`${name}\` | ${help} |`);
  const named = [...page.matchAll(/`(fairlead_\w+)`/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => !Object.hasOwn(metricHelp, name))).toEqual([]);
});
