// Decides whether a Host or Match line matches the host (readconf.c, match_cfg_line). Refuses criteria that need a command or the
// network, unless an earlier criterion of the line has decided already. Pure.

import { type ConfigLine, refuseLine } from './config-line.ts';
import { matchHostList, matchPattern, matchPatternList } from './match-patterns.ts';

export interface MatchQuestion {
  /** As the user typed it. */
  originalHost: string;
  /** After the HostName lines so far. */
  host: string;
  user: string;
  localUser: string;
}

export function matchesHost({ words, place }: ConfigLine, { originalHost }: MatchQuestion): boolean {
  if (words.includes('')) refuseLine(place, 'a pattern in it is empty');
  const isNamed = (patterns: readonly string[]) => patterns.some((pattern) => matchPattern(originalHost, pattern));
  const negated = words.filter((word) => word.startsWith('!')).map((word) => word.slice(1));
  return !isNamed(negated) && isNamed(words.filter((word) => !word.startsWith('!')));
}

export function matchesCriteria(line: ConfigLine, question: MatchQuestion): boolean {
  const words = splitCriteria(line);
  if (words.length === 1 && words[0]?.toLowerCase() === 'all') return true;
  let isMatch = true;
  for (let at = 0; at < words.length; at += 2) {
    const [criterion = '', argument] = words.slice(at, at + 2);
    const isNegated = criterion.startsWith('!');
    const name = (isNegated ? criterion.slice(1) : criterion).toLowerCase();
    const judge = criteria.get(name);
    if (!judge && (name !== 'exec' || isMatch)) refuseLine(line.place, whyNot(name));
    if (argument === undefined || argument === '') refuseLine(line.place, `its criterion ${name} has no argument`);
    if (judge && judge(question, argument) === isNegated) isMatch = false;
  }
  return isMatch;
}

const criteria = new Map<string, (question: MatchQuestion, argument: string) => boolean>([
  ['host', ({ host }, list) => matchHostList(host, list)],
  ['originalhost', ({ originalHost }, list) => matchHostList(originalHost, list)],
  ['user', ({ user }, list) => matchPatternList(user, list)],
  ['localuser', ({ localUser }, list) => matchPatternList(localUser, list)],
]);

function whyNot(name: string): string {
  if (name === 'exec') return 'Match exec runs a command, which only `ssh` itself does';
  if (name === 'all') return 'Match all cannot have other criteria';
  return `Fairlead does not judge the criterion ${name} of Match`;
}

/** In a Match line `=` and blanks separate words; only double quotes join them. */
function splitCriteria({ rest, place }: ConfigLine): string[] {
  if (/['\\]/.test(rest)) refuseLine(place, 'Fairlead does not read these quotes in a Match line');
  const words: string[] = [];
  let left = rest;
  while (left !== '' && !left.startsWith('#')) {
    const match = /^(?:"([^"]*)"|([^\s="]+))(?:\s*=\s*|\s+|$)(.*)$/s.exec(left);
    if (!match) refuseLine(place, 'its criteria are not written as ssh_config(5) has them');
    words.push(match[1] ?? match[2] ?? '');
    left = match[3] ?? '';
  }
  if (words.length === 0) refuseLine(place, 'Match has no criterion');
  return words;
}
