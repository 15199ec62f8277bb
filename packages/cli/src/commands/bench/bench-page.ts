// A page of its own for runs of `fairlead bench`: plots and tables. It loads nothing and runs no script. Pure.

import type { BenchLevel, BenchRun } from '../../output/lines/bench-lines.ts';
import { figure } from './bench-text.ts';
import { renderPlot, type Series } from './render-plot.ts';
import { colourOf, escapeHtml } from './page-parts.ts';

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1100px;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #d9dee3}
th:first-child,td:first-child{text-align:left}figure{display:inline-block;margin:0 1rem 1rem 0}figcaption{font-weight:600}
svg{max-width:100%;height:auto}.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em}.note{color:#57606a}`;

interface Measure {
  title: string;
  unit: string;
  lines: readonly { label: string; isDashed: boolean; read: (level: BenchLevel) => number }[];
}

const median = (field: 'ttftMs' | 'tpotMs' | 'itlMs' | 'latencyMs') => [
  { label: 'median', isDashed: false, read: (level: BenchLevel) => level[field].median },
  { label: '99th percentile', isDashed: true, read: (level: BenchLevel) => level[field].p99 },
];

const measures: readonly Measure[] = [
  {
    title: 'Output throughput',
    unit: 'tokens/s',
    lines: [{ label: 'tokens/s', isDashed: false, read: (level) => level.outputTokensPerSecond }],
  },
  { title: 'Time to first token', unit: 'ms', lines: median('ttftMs') },
  { title: 'Inter-token latency', unit: 'ms', lines: median('itlMs') },
  { title: 'Latency of a request', unit: 'ms', lines: median('latencyMs') },
];

export function benchPage(runs: readonly BenchRun[]): string {
  const title = `fairlead bench: ${runs.map(({ name }) => name).join(', ')}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${legend(runs)}
${measures.map((measure) => plotOf(measure, runs)).join('\n')}
<p class="note">Solid: median. Dashed: 99th percentile. By concurrency: requests in flight at a time. Definitions as <code>vllm bench serve</code> has them.</p>
${runs.map(tableOf).join('\n')}
</body></html>
`;
}

function legend(runs: readonly BenchRun[]): string {
  const items = runs.map(
    (run, at) =>
      `<li><span class="key" style="background:${colourOf(at)}"></span><b>${escapeHtml(run.name)}</b>: ${escapeHtml(describe(run))}</li>`,
  );
  return `<ul>${items.join('')}</ul>`;
}

function describe(run: BenchRun): string {
  const place = `${run.servedModel} by ${run.engine} on ${run.cluster}`;
  const gpus = run.gpus.length > 0 ? `, ${run.gpus.join(', ')}` : '';
  const size = `${run.inputTokens} tokens in, ${run.outputTokens} out, ${run.api}, ${run.mode}`;
  const from = run.from === 'node' ? ', on its node' : '';
  return `${place}${gpus}${from}; ${size}; ${new Date(run.atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function plotOf({ title, unit, lines }: Measure, runs: readonly BenchRun[]): string {
  const series = runs.flatMap((run, at) =>
    lines.map(({ label, isDashed, read }): Series => {
      const points = run.levels
        .filter(({ completed }) => completed > 0)
        .map((level) => ({ x: level.concurrency, y: read(level) }));
      return { label: `${run.name}, ${label}`, colour: colourOf(at), isDashed, points };
    }),
  );
  return `<figure><figcaption>${title} (${unit})</figcaption>${renderPlot({ title, unit, series })}</figure>`;
}

const columns: readonly (readonly [string, (level: BenchLevel) => string])[] = [
  ['concurrency', ({ concurrency }) => String(concurrency)],
  ['completed', ({ completed, requests }) => `${completed} of ${requests}`],
  ['output tokens/s', (level) => figure(level.outputTokensPerSecond)],
  ['requests/s', (level) => figure(level.requestsPerSecond)],
  ['TTFT median', ({ ttftMs }) => figure(ttftMs.median)],
  ['TTFT p99', ({ ttftMs }) => figure(ttftMs.p99)],
  ['TPOT mean', ({ tpotMs }) => figure(tpotMs.mean)],
  ['ITL median', ({ itlMs }) => figure(itlMs.median)],
  ['ITL p99', ({ itlMs }) => figure(itlMs.p99)],
  ['latency median', ({ latencyMs }) => figure(latencyMs.median)],
];

function tableOf(run: BenchRun): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  const rows = run.levels.map((level) =>
    cells(
      'td',
      columns.map(([, read]) => read(level)),
    ),
  );
  const heads = columns.map(([name]) => name);
  return `<h2>${escapeHtml(run.name)}</h2><table><thead>${cells('th', heads)}</thead><tbody>${rows.join('')}</tbody></table>`;
}
