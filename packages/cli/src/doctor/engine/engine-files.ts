// The engine's files on the cluster: the token, the cache of models, models named by a path.

import type { EngineCache } from '@fairlead/engines';

import { askHost, type Answers } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';
import { askDirectory, judgeDirectory } from '../host/directory.ts';
import type { Inspection } from '../inspection.ts';
import { runPrologue } from './run-prologue.ts';

const tokenScript = `
[ -e "$1" ] && echo "there=yes"
[ -r "$1" ] && echo "readable=yes"
[ -s "$1" ] && echo "filled=yes"
echo "mode=$(ls -ldnL "$1" 2>/dev/null | awk '{print $1}')"
`;

export async function askToken(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const { tokenFile } = await inspection.login.paths();
  if (tokenFile === undefined)
    return passed('tokenFile is not set: models behind a licence cannot be fetched, all others can');
  const host = await inspection.login.host();
  return judgeToken(tokenFile, await askHost(host, tokenScript, [tokenFile], { signal }));
}

/** What is in the file is never read here. */
export function judgeToken(path: string, answers: Answers): Finding {
  const mode = answers.get('mode') ?? '';
  if (answers.get('there') !== 'yes') return fail(`${path} is not there`, 'Put the token there, or correct tokenFile.');
  if (answers.get('readable') !== 'yes')
    return fail(`${path} cannot be read by this account (${mode})`, `chmod 600 ${path}`);
  if (answers.get('filled') !== 'yes') return fail(`${path} is empty`, 'Put the token into it, on one line.');
  if (!/^.{4}------/.test(mode))
    return fail(
      `others may read ${path} (${mode}), which holds a secret`,
      `Run there: chmod 600 ${path}; where others have accounts, make a new token at huggingface.co.`,
    );
  return passed(`${path}, readable by this account alone`);
}

export async function askCache(inspection: Inspection, cache: EngineCache, signal: AbortSignal): Promise<Finding> {
  const script = `echo "fl_cache=${cache.chosen}"; echo "fl_default=${cache.fallback}"`;
  const { answers } = await runPrologue(inspection, script, [], signal);
  const path = answers.get('fl_cache') || answers.get('fl_default') || '/';
  const where = answers.get('fl_cache')
    ? `${cache.variable} (env: of the cluster)`
    : `${cache.variable}, in env: of the cluster, to scratch`;
  const finding = judgeDirectory(await askDirectory(await inspection.login.host(), path, { signal }), {
    what: cache.what,
    setting: where,
    leastKb: 0,
    goodKb: cache.sizeKb,
    runsPrograms: false,
    isLocal: false,
  });
  // Only a directory that the user has set must be writable here: compute nodes may have a default of their own.
  return finding.status === 'fail' && !answers.get('fl_cache')
    ? warn(finding.found, finding.todo ?? `Set ${where}.`)
    : finding;
}

const modelScript = `
for path in "$@"; do
  if [ -r "$path" ] && { [ -f "$path" ] || { [ -x "$path" ] && [ -r "$path/config.json" ]; }; }; then echo "ok:$path=yes"
  elif [ -e "$path" ]; then echo "bad:$path=it holds no config.json that this account can read"
  else echo "bad:$path=it is not there"; fi
done
`;

export async function askModel(
  inspection: Inspection,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  const answers = await askHost(await inspection.login.host(), modelScript, paths, { signal });
  const bad = [...answers].filter(([key]) => key.startsWith('bad:'));
  if (bad.length === 0) return passed(paths.join(', '));
  return fail(
    bad.map(([key, why]) => `${key.slice(4)}: ${why}`).join('; '),
    'Correct the path, or have its owner let this account read it.',
  );
}
