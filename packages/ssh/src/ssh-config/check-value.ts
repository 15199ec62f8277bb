// Checks the arguments of a line as ssh does, which refuses wrong ones even in a block that does not count. Pure.

import { type ConfigLine, refuseLine } from './config-line.ts';
import { parseJumpHosts } from './jump-hosts.ts';

const flags = ['yes', 'true', 'no', 'false'];

/** `90`, `1m30` (sshd_config(5), TIME FORMATS). */
const time = /^(?:\d+[smhdw]?)+$/i;

export function checkValue(line: ConfigLine): void {
  const { keyword, words, place } = line;
  const [value = ''] = words;
  if (single.has(keyword) && (words.length !== 1 || value === '')) refuseLine(place, `${keyword} takes one argument`);
  if (several.has(keyword)) {
    if (words.length === 0 || words.includes('')) refuseLine(place, 'a path in it is empty');
    if (words.length > 1 && words.some(isNone)) refuseLine(place, 'none stands alone');
  }
  if (keyword === 'port' && !isPort(value)) refuseLine(place, `a port is a number from 1 to 65535: got ${value}`);
  if (keyword === 'identitiesonly' && !flags.includes(value.toLowerCase()))
    refuseLine(place, `identitiesonly is yes or no: got ${value}`);
  if (keyword === 'connecttimeout' && !isNone(value) && !time.test(value)) refuseLine(place, `${value} is no time`);
  if (keyword === 'proxyjump') parseJumpHosts(jumpText(line));
}

/** ProxyJump takes the rest of the line unchanged, up to a comment; a second `=` is ignored. */
export function jumpText({ rest, place }: ConfigLine): string {
  const text = rest.replace(/^[\s=]+/, '').replace(/\s*#.*$/s, '');
  if (/["'\s\\]/.test(text)) refuseLine(place, 'Fairlead does not read quotes and blanks in ProxyJump');
  return text;
}

export function isNone(value: string): boolean {
  return value.toLowerCase() === 'none';
}

function isPort(value: string): boolean {
  return /^\d+$/.test(value) && Number(value) > 0 && Number(value) < 65_536;
}

const several = new Set(['userknownhostsfile', 'globalknownhostsfile']);

const single = new Set([
  'canonicalizehostname',
  'connecttimeout',
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'identityfile',
  'identityfile2',
  'ignoreunknown',
  'port',
  'revokedhostkeys',
  'user',
]);
