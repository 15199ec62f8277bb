// Reads what an installed vLLM is: its version, and the flags that its source names. vLLM itself takes ten seconds and more to say either.

import { z } from 'zod';
import type { EngineBuild } from '../../port/engine-build.ts';

const marker = 'fairlead-build ';

/**
 * Prints a line with the version and the files that name flags. `find_spec` finds a package without importing it. A plugin
 * for another platform may add flags, so the files are left out where there is one.
 */
export const buildScript = `
import importlib.metadata as metadata, importlib.util as util, json, os
said = {"version": metadata.version("vllm"), "files": []}
plugins = metadata.entry_points()
plugins = plugins.select(group="vllm.platform_plugins") if hasattr(plugins, "select") else plugins.get("vllm.platform_plugins", ())
try:
    root = list(util.find_spec("vllm").submodule_search_locations)[0]
    paths = [os.path.join(root, "engine", "arg_utils.py"), os.path.join(root, "entrypoints", "cli", "serve.py")]
    for folder, _, names in os.walk(os.path.join(root, "entrypoints")):
        if "cli_args.py" in names:
            paths.append(os.path.join(folder, "cli_args.py"))
    for path in [] if list(plugins) else paths:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                said["files"].append(file.read())
except Exception:
    said["files"] = []
print(${JSON.stringify(marker)} + json.dumps(said), flush=True)
`;

const printedBuild = z.object({ version: z.string().min(1).max(200), files: z.array(z.string()).catch([]) });

/** A list without one of these was not read whole: a later vLLM may name its flags elsewhere. */
const expectedFlags = ['--max-model-len', '--served-model-name', '--tensor-parallel-size', '--tool-call-parser'];

/** Undefined if `printed` has no line of the script. Lines of a shell's start or of a container may precede it. */
export function readBuild(printed: string): EngineBuild | undefined {
  const line = printed.split('\n').findLast((each) => each.startsWith(marker));
  if (line === undefined) return undefined;
  const read = printedBuild.safeParse(parseJson(line.slice(marker.length)));
  if (!read.success) return undefined;
  const { version, files } = read.data;
  const flags = new Set(files.flatMap(flagsIn));
  return expectedFlags.every((flag) => flags.has(flag)) ? { version, flags } : { version };
}

/** Flags are named as words, and those of the server as fields of a class as well, which become flags. */
function flagsIn(source: string): string[] {
  const words = source.matchAll(/["'](--[A-Za-z][\w-]*)["']/g);
  const fields = /^class \w*FrontendArgs\b/m.test(source) ? source.matchAll(/^ {4}([a-z]\w*) *: /gm) : [];
  return [
    ...[...words].map(([, flag = '']) => flag.replaceAll('_', '-')),
    ...[...fields].map(([, name = '']) => `--${name.replaceAll('_', '-')}`),
  ];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
