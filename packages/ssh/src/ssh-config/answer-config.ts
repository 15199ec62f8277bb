// What the lines of ssh_config files say about one host: the first value counts, blocks and Includes have their scope
// (readconf.c, process_config_line). A line that is not understood is refused, by its number. Pure.

import { checkValue, isNone, jumpText } from './check-value.ts';
import { type ConfigLine, onLine, refuseLine } from './config-line.ts';
import { knownKeywords } from './keywords.ts';
import { matchesCriteria, matchesHost } from './match-criteria.ts';
import { matchHostList } from './match-patterns.ts';
import type { ConfigEntry } from './read-ssh-config.ts';

export interface ConfigQuestion {
  host: string;
  /** Given with the name; wins over the files. */
  user: string | undefined;
  localUser: string;
}

export interface ConfigAnswer {
  /** By keyword in small letters; `way`: ProxyCommand or ProxyJump, whichever counts. */
  lines: ReadonlyMap<string, readonly ConfigLine[]>;
  hostName: string;
}

/** `files`: the user's and then the system's. */
export function answerConfig(files: readonly ConfigEntry[][], question: ConfigQuestion): ConfigAnswer {
  const lines = new Map<string, ConfigLine[]>();
  for (const file of files) applyFile(file, { question, lines, isActive: true });
  return { lines, hostName: hostNameOf(lines, question.host) };
}

interface Scope {
  question: ConfigQuestion;
  lines: Map<string, ConfigLine[]>;
  /** False within an Include whose block does not match: none of its lines count. */
  isActive: boolean;
}

function applyFile(entries: readonly ConfigEntry[], scope: Scope): void {
  let isActive = scope.isActive;
  for (const entry of entries) {
    if (entry.kind === 'include') for (const file of entry.files) applyFile(file, { ...scope, isActive });
    else if (entry.kind === 'unread') {
      if (isActive) refuseLine(entry.place, entry.why);
    } else if (entry.keyword === 'host' || entry.keyword === 'match') {
      // Judged also where nothing counts: a line that ssh refuses is refused anywhere.
      const matches = entry.keyword === 'host' ? matchesHost : matchesCriteria;
      const isMatch = matches(entry, matchQuestion(scope));
      isActive = scope.isActive && isMatch;
    } else applyLine(entry, { ...scope, isActive });
  }
}

function matchQuestion({ question, lines }: Scope) {
  return {
    originalHost: question.host,
    host: hostNameOf(lines, question.host),
    user: question.user ?? lines.get('user')?.[0]?.words[0] ?? question.localUser,
    localUser: question.localUser,
  };
}

function applyLine(line: ConfigLine, { lines, isActive }: Scope): void {
  const { keyword, place } = line;
  if (!knownKeywords.has(keyword)) {
    if (matchHostList(keyword, lines.get('ignoreunknown')?.[0]?.words[0] ?? '')) return;
    refuseLine(place, `${keyword} is no keyword that Fairlead knows; IgnoreUnknown above it would pass over it`);
  }
  onLine(line, () => checkValue(line));
  if (!isActive) return;
  if (keyword === 'proxyjump' || keyword === 'proxycommand') return applyWay(line, lines);
  // ssh stores none as it stores a value that is not set: a later line still counts (readconf.c).
  if (keyword === 'connecttimeout' && isNone(line.words[0] ?? '')) return;
  const name = keyword === 'identityfile2' ? 'identityfile' : keyword;
  const before = lines.get(name);
  if (!before) lines.set(name, [line]);
  else if (name === 'identityfile') before.push(line);
}

/** The first of both counts. `ProxyJump none` only excludes a later ProxyJump. */
function applyWay(line: ConfigLine, lines: Scope['lines']): void {
  if (lines.has('way') || (line.keyword === 'proxyjump' && lines.has('proxyjump'))) return;
  const isNoJump = line.keyword === 'proxyjump' && isNone(jumpText(line));
  lines.set(isNoJump ? 'proxyjump' : 'way', [line]);
}

/** HostName may hold the tokens `%h` and `%%` only. */
function hostNameOf(lines: ReadonlyMap<string, readonly ConfigLine[]>, host: string): string {
  const [line] = lines.get('hostname') ?? [];
  const text = line?.words[0];
  if (!line || text === undefined) return host.toLowerCase();
  const expanded = text.replaceAll(/%(.?)/g, (all, token: string) => {
    if (token === '%') return '%';
    return token === 'h' ? host : refuseLine(line.place, `${all} stands for nothing in HostName`);
  });
  return expanded.toLowerCase();
}
