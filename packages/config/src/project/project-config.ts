// The project's part of the configuration: its file, the settings of it that count, and the warnings about the others.

import type { ConfigPlace } from '../config-place.ts';
import { readCaller } from './caller.ts';
import { type ConfigSource, parseYamlObject } from '../config-sources.ts';
import { findProjectConfig, type RefusedFile } from './find-project-config.ts';
import { sortSettings } from './project-settings.ts';
import { readTrustedFiles, trustedFilesPath } from './trusted-files.ts';

export interface ProjectConfig {
  /** The settings of the file that count. */
  source?: ConfigSource;
  /** All settings of the file. */
  whole?: ConfigSource;
  /** Settings that count only after the user has trusted the file. */
  withheld: string[];
  /** Nearer files that do not count at all. */
  refused: RefusedFile[];
  warnings: string[];
}

export async function readProjectConfig({
  cwd,
  home,
  env,
}: Pick<ConfigPlace, 'cwd' | 'home' | 'env'>): Promise<ProjectConfig> {
  const trusted = await readTrustedFiles(trustedFilesPath(env, home));
  const { file, refused } = await findProjectConfig({ cwd, home, trusted, caller: await readCaller(env) });
  const refusals = refused.map(({ path, why, todo }) => `${path} does not count because ${why}. ${todo}`);
  if (!file) return { withheld: [], refused, warnings: refusals };
  const whole: ConfigSource = { from: file.path, value: parseYamlObject(file.text, file.path) };
  if (file.standing === 'trusted') return { source: whole, whole, withheld: [], refused, warnings: refusals };
  const { free, withheld } = sortSettings(whole.value);
  const warnings = withheld.length === 0 ? refusals : [...refusals, withheldWords(file.path, withheld)];
  return { source: { from: file.path, value: free }, whole, withheld, refused, warnings };
}

const maxNamed = 5;

function withheldWords(path: string, withheld: readonly string[]): string {
  return `${path} is not trusted: ${settingNames(withheld)} of it ${withheld.length === 1 ? 'does' : 'do'} not count, because such settings run commands, name files, or say where to log in. Read the file first, then run: fairlead config trust ${path}`;
}

/** `a, b and 3 more`. */
export function settingNames(paths: readonly string[]): string {
  const named = paths.slice(0, maxNamed).join(', ');
  return paths.length > maxNamed ? `${named} and ${paths.length - maxNamed} more` : named;
}
