// Draws latency over the number of streams as SVG: one line for each way, both axes logarithmic. Pure.

import type { Row, WayName } from './rows.ts';

const size = { width: 720, height: 420, left: 70, right: 170, top: 40, bottom: 50 };
const colours: Record<WayName, string> = {
  direct: '#777777',
  openssh: '#c0392b',
  'openssh-session': '#e08e45',
  fairlead: '#1f6fb2',
  'fairlead-mux': '#0b3d66',
  sdk: '#3a9d5d',
  'sdk-mux': '#1c5231',
};
const names: Record<WayName, string> = {
  direct: 'direct',
  openssh: 'OpenSSH as typed',
  'openssh-session': 'OpenSSH + session',
  fairlead: 'Fairlead, a channel each',
  'fairlead-mux': 'Fairlead',
  sdk: "SDK's fetch, a channel each",
  'sdk-mux': "SDK's fetch",
};

export function plotLatency(rows: readonly Row[]): string {
  const streams = [...new Set(rows.map((row) => row.streams))].toSorted((a, b) => a - b);
  const values = rows.map((row) => row.ttfbNewMs.p50).filter((ms) => ms > 0);
  const x = scale([streams[0] ?? 1, streams.at(-1) ?? 1], [size.left, size.width - size.right]);
  const [low, high] = [
    10 ** Math.floor(Math.log10(Math.min(...values))),
    10 ** Math.ceil(Math.log10(Math.max(...values))),
  ];
  const y = scale([low, high], [size.height - size.bottom, size.top]);
  const ways = [...new Set(rows.map(({ way }) => way))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${size.width}" height="${size.height}" fill="#ffffff"/>`,
    text(size.left, 22, 'Time to first byte on new connections, p50 (ms), over requests at a time'),
    ...decades(low, high).map((ms) => gridLine(y(ms), String(ms))),
    ...streams.map((count) => text(x(count), size.height - size.bottom + 22, String(count), 'middle')),
    ...ways.flatMap((way, at) =>
      wayLine(
        rows.filter((row) => row.way === way),
        { way, x, y, at },
      ),
    ),
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function scale([from, to]: [number, number], [start, end]: [number, number]): Scale {
  const width = Math.log(to / from);
  return (value) => (width === 0 ? (start + end) / 2 : start + (Math.log(value / from) / width) * (end - start));
}

function decades(low: number, high: number): number[] {
  const all = [];
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power++) all.push(10 ** power);
  return all.map((value) => Number(value.toPrecision(1)));
}

function gridLine(at: number, label: string): string {
  const end = size.width - size.right;
  return `<line x1="${size.left}" y1="${round(at)}" x2="${end}" y2="${round(at)}" stroke="#dddddd"/>${text(size.left - 8, at + 4, label, 'end')}`;
}

function wayLine(rows: readonly Row[], { way, x, y, at }: { way: WayName; x: Scale; y: Scale; at: number }): string[] {
  const points = rows
    .filter(({ ttfbNewMs }) => ttfbNewMs.p50 > 0)
    .map((row) => [x(row.streams), y(row.ttfbNewMs.p50)] as const);
  const colour = colours[way];
  const legend = size.top + 16 + at * 22;
  const right = size.width - size.right + 16;
  return [
    `<polyline points="${points.map((point) => point.map(round).join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(([px, py]) => `<circle cx="${round(px)}" cy="${round(py)}" r="3.5" fill="${colour}"/>`),
    `<line x1="${right}" y1="${legend - 4}" x2="${right + 18}" y2="${legend - 4}" stroke="${colour}" stroke-width="3"/>`,
    text(right + 24, legend, names[way]),
  ];
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${words}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
