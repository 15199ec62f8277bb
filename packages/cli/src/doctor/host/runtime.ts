// Which Node would run our programs on a host, and whether it does. Sends nothing.

import { isCodedError } from '@fairlead/kit';

import type { Context } from '../../context.ts';
import { findRuntime, type Host, nodeMinimum } from '@fairlead/launch';
import { cacheDir } from '@fairlead/client/cache-dir';
import { askHost } from '../ask-host.ts';
import { fail, type Finding, passed } from '../check.ts';

export async function askRuntime(
  host: Host,
  configured: string | undefined,
  { context, setting, signal }: { context: Context; setting: string; signal: AbortSignal },
): Promise<Finding> {
  if (configured) {
    const script = `[ -x "$1" ] || echo "missing=yes"\necho "version=$("$1" --version 2>&1 | tail -n 1)"`;
    return judgeConfiguredNode(configured, setting, await askHost(host, script, [configured], { signal }));
  }
  const { facts } = host;
  if (facts.node) return passed(`Node at ${facts.node}`);
  const where = `${facts.system} ${facts.machine}, glibc ${facts.glibc ?? 'none'}`;
  try {
    const runtime = await findRuntime(facts, undefined, {
      nodePath: context.nodePath,
      cacheDir: cacheDir(context),
      label: host.label,
      signal,
    });
    return passed(`no Node of its own; ours (${runtime.kind === 'upload' ? runtime.version : 'there'}) fits ${where}`);
  } catch (error) {
    if (!isCodedError(error, 'node_missing')) throw error;
    return fail(error.message, error.hint ?? `Name a Node that is there: ${setting}.`);
  }
}

export function judgeConfiguredNode(path: string, setting: string, answers: ReadonlyMap<string, string>): Finding {
  const said = answers.get('version') ?? '';
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(said) ?? [];
  const todo = `Correct ${setting}, or remove it: Fairlead then brings its own Node.`;
  if (answers.get('missing') === 'yes') return fail(`${path} is not there or may not be run`, todo);
  if (major === undefined) return fail(`${path} does not say a version: ${said || 'nothing'}`, todo);
  const enough =
    Number(major) > nodeMinimum.major || (Number(major) === nodeMinimum.major && Number(minor) >= nodeMinimum.minor);
  return enough
    ? passed(`${path} is ${said}`)
    : fail(`${path} is ${said}; ${nodeMinimum.major}.${nodeMinimum.minor} or newer is needed`, todo);
}
