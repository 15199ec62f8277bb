// Finds what the lines of ssh_config files say about one host. The first value counts; Host, Match and Include limit the scope of
// lines (readconf.c, process_config_line). Refuses an unknown line by its number. Pure.

import { checkValue, isNone, jumpText } from './check-value.ts';
import { type ConfigLine, onLine, refuseLine } from './config-line.ts';
import { knownKeywords } from './keywords.ts';
import { matchesCriteria, matchesHost } from './match-criteria.ts';
import { matchHostList } from './match-patterns.ts';
import type { ConfigEntry } from './read-ssh-config.ts';

export interface ConfigQuestion {
  host: string;
  /** The user name that was typed with the host; overrides the files. */
  user: string | undefined;
  localUser: string;
}

export interface ConfigAnswer {
  /** By keyword in lower case; `way`: the ProxyCommand or ProxyJump that counts. */
  lines: ReadonlyMap<string, readonly ConfigLine[]>;
  hostName: string;
}

/** `files`: the user's first, then the system's. */
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
      // Evaluated even if the block does not count: ssh refuses a wrong line anywhere.
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
    refuseLine(
      place,
      `Fairlead does not know the keyword ${keyword}; an IgnoreUnknown line above it makes Fairlead and ssh ignore it`,
    );
  }
  onLine(line, () => checkValue(line));
  if (!isActive) return;
  if (keyword === 'proxyjump' || keyword === 'proxycommand') return applyWay(line, lines);
  // ssh stores `none` as if the value were not set, so a later line still counts (readconf.c).
  if (keyword === 'connecttimeout' && isNone(line.words[0] ?? '')) return;
  const name = keyword === 'identityfile2' ? 'identityfile' : keyword;
  const before = lines.get(name);
  if (!before) lines.set(name, [line]);
  else if (name === 'identityfile') before.push(line);
}

/** The first line of the two keywords counts. `ProxyJump none` only disables a later ProxyJump. */
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
