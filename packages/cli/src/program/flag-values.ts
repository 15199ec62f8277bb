// Flags' values from text, for commander. Pure; a wrong one is wrong usage.

import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function countNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** `1,8,32`: at most 16 numbers from 1 to 1024. */
export function countList(text: string): number[] {
  const numbers = text.split(',').map(countNumber);
  if (numbers.length > 16 || numbers.some((number) => number > 1024))
    throw new InvalidArgumentError('It must be at most 16 numbers up to 1024, such as 1,8,32.');
  return numbers;
}

export function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}

export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return port;
}

export function decimalNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number, such as 0.7.');
  return Number(text);
}

/** For a flag that may be repeated. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** What `--engine-option` is short for, as `--set` takes it. */
export function engineSettings(engine: string, options: readonly string[]): string[] {
  return options.map((option) => `engines.${engine}.${option}`);
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `12h`, `30d`, in milliseconds. */
export function lifetimeMs(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (units[unit] ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError('It must be minutes, hours or days, such as 90m, 12h or 30d.');
  return ms;
}

export function overlapMs(text: string): number {
  return /^0[mhd]?$/.test(text) ? 0 : lifetimeMs(text);
}
