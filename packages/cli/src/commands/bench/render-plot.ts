// A plot with lines as SVG: concurrency along the x axis, a step for each value; y from 0. Pure.

import { escapeHtml } from './page-parts.ts';

export interface Series {
  label: string;
  colour: string;
  isDashed: boolean;
  points: readonly { x: number; y: number }[];
}

export interface Plot {
  title: string;
  unit: string;
  series: readonly Series[];
}

const width = 500;
const height = 300;
const left = 60;
const right = 15;
const top = 15;
const bottom = 40;

export function renderPlot({ title, unit, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const steps = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const ticks = ticksTo(Math.max(0, ...points.map(({ y }) => y)));
  const highest = ticks.at(-1) ?? 1;
  const xOf = (x: number) => left + ((width - left - right) * (steps.indexOf(x) + 0.5)) / Math.max(1, steps.length);
  const yOf = (y: number) => height - bottom - ((height - top - bottom) * y) / highest;
  const place = (x: number, y: number) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`;
  const lines = series.map(({ label, colour, isDashed, points: own }) => {
    const dash = isDashed ? ' stroke-dasharray="5 4"' : '';
    const path = own.map(({ x, y }) => place(x, y)).join(' ');
    const dots = own.map(({ x, y }) => {
      const words = `${escapeHtml(label)}: ${shortNumber(y)} ${escapeHtml(unit)} at ${x}`;
      return `<circle cx="${xOf(x).toFixed(1)}" cy="${yOf(y).toFixed(1)}" r="3.5" fill="${colour}"><title>${words}</title></circle>`;
    });
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join('')}`;
  });
  const text = (x: number, y: number, anchor: string, words: string) =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="12" fill="#57606a">${words}</text>`;
  const grid = ticks.map((tick) => {
    const y = yOf(tick);
    const rule = `<line x1="${left}" x2="${width - right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#d9dee3"/>`;
    return `${rule}${text(left - 6, y + 4, 'end', shortNumber(tick))}`;
  });
  const names = steps.map((step) => text(xOf(step), height - bottom + 18, 'middle', String(step)));
  const axis = text(left + (width - left - right) / 2, height - 4, 'middle', 'concurrency');
  const drawn = [...grid, ...names, axis, ...lines].join('');
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(title)}">${drawn}</svg>`;
}

/** From 0 in steps of 1, 2 or 5 times a power of ten; the last one is not below `max`. */
export function ticksTo(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
