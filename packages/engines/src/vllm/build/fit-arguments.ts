// Fits arguments to the vLLM that is installed: keeps, replaces, leaves out, or refuses each flag, and says what it did. Pure.
// What the build itself names counts first; the table of changes says why a flag is missing and what stands for it.

import { CodedError, nearestNames } from '@fairlead/kit';
import type { EngineBuild, EngineBuildErrorCode } from '../../port/engine-build.ts';
import { type FlagGroup, flagGroups } from '../../port/flags.ts';
import { compareVersions } from './compare-versions.ts';
import { type FlagChange, flagChanges } from './flag-changes.ts';

/** The newest version whose flags were read and compared with the table. */
export const newestKnown = '0.32.0';

export interface FittedArguments {
  words: string[];
  notes: string[];
}

/** `settingOf` names the setting of a flag, for the refusal. Throws `engine_flag_missing` for a flag without a substitute. */
export function fitArguments(
  given: readonly string[],
  build: EngineBuild,
  settingOf: (flag: string) => string,
): FittedArguments {
  const fitted: FittedArguments = { words: [], notes: [] };
  for (const group of flagGroups(given)) {
    const { words, note } = fitGroup(group, build, settingOf);
    fitted.words.push(...words);
    if (note !== undefined) fitted.notes.push(`vLLM ${build.version} ${note}`);
  }
  return fitted;
}

/** Undefined: neither the build nor the table knows. */
export function hasFlag({ version, flags }: EngineBuild, flag: string): boolean | undefined {
  if (flags) return isAmong(flags, flag);
  const verdicts = changesOf(flag).flatMap((change) => {
    const order = compareVersions(version, change.in);
    return order === undefined ? [] : [change.change === 'added' ? order >= 0 : order < 0];
  });
  return verdicts.length === 0 ? undefined : verdicts.every(Boolean);
}

/** argparse takes the beginning of a flag for the flag, and `--no-x` for a switch `--x`. */
function isAmong(flags: ReadonlySet<string>, flag: string): boolean {
  const names = flag.startsWith('--no-') ? [flag, `--${flag.slice(5)}`] : [flag];
  return names.some((name) => flags.has(name)) || [...flags].some((known) => known.startsWith(flag));
}

function fitGroup(
  { flag, words }: FlagGroup,
  build: EngineBuild,
  settingOf: (flag: string) => string,
): { words: string[]; note?: string } {
  // A short flag has a long form, and vLLM has kept them all.
  if (!flag?.startsWith('--') || hasFlag(build, flag) !== false) return { words };
  const change = pickChange(flag, build.version);
  if (!change && !isKnownVersion(build.version)) return { words };
  if (!change) throw unknownFlag(flag, build, settingOf(flag));
  const { instead } = change;
  const [first = '', ...rest] = words;
  const values = first.includes('=') ? [first.slice(first.indexOf('=') + 1), ...rest] : rest;
  switch (instead.kind) {
    case 'rename':
      return { words: [instead.to, ...values], note: `has no ${flag}: ${instead.to} stands for it` };
    case 'drop':
      return { words: [], note: `has no ${flag}, which is left out: ${instead.because}` };
    case 'rewrite': {
      const replaced = instead.words(values);
      if (!replaced) throw missingFlag(change, build, { setting: settingOf(flag), cure: instead.cure });
      return { words: replaced, note: `has no ${flag}: ${replaced.join(' ') || 'nothing'} stands for it` };
    }
    case 'refuse':
      throw missingFlag(change, build, { setting: settingOf(flag), cure: instead.cure });
  }
}

function changesOf(flag: string): FlagChange[] {
  return flagChanges.filter((change) => change.flag === flag);
}

/** A flag that came and went has two changes: that on the side of the version counts. */
function pickChange(flag: string, version: string): FlagChange | undefined {
  const changes = changesOf(flag);
  const isOlder = (change: FlagChange) => (compareVersions(version, change.in) ?? 0) < 0;
  return changes.find((change) => isOlder(change) === (change.change === 'added')) ?? changes[0];
}

/** A flag of a later vLLM may be named where this code does not look. */
export function isKnownVersion(version: string): boolean {
  const order = compareVersions(version, newestKnown);
  return order !== undefined && order <= 0;
}

function missingFlag(
  { flag, change, in: since }: FlagChange,
  { version }: EngineBuild,
  { setting, cure }: { setting: string; cure: string },
): CodedError<EngineBuildErrorCode> {
  const why = change === 'added' ? `it came with ${since}` : `it was removed by ${since}`;
  return new CodedError<EngineBuildErrorCode>(
    'engine_flag_missing',
    `cannot start the engine because vLLM ${version} has no ${flag} (${setting}): ${why}`,
    { hint: cure },
  );
}

function unknownFlag(flag: string, { version, flags }: EngineBuild, setting: string): CodedError<EngineBuildErrorCode> {
  const [near] = nearestNames(flag, [...(flags ?? [])]);
  const meant = near === undefined ? '' : `Did you mean ${near}? `;
  return new CodedError<EngineBuildErrorCode>(
    'engine_flag_missing',
    `cannot start the engine because vLLM ${version} has no ${flag} (${setting})`,
    { hint: `${meant}Correct ${setting}, or use a vLLM that has it; \`vllm serve --help=all\` lists what it takes.` },
  );
}
