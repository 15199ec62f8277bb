// Whether the engine that the login host sees takes the flags of a deployment: asked before anything is queued. Each environment is
// read once, by its own Python, in its container if it has one; what was read lies on the cluster under the identity of program and image.

import { containEngine, type EngineBuild, engineBuilds, fitBeforeStart, pythonCommand } from '@fairlead/engines/builds';
import { type ContainerSettings, type EngineSettings, findEngineKind } from '@fairlead/engines';
import { isCodedError } from '@fairlead/kit';
import type { SshErrorCode } from '@fairlead/ssh';
import { z } from 'zod';

import { jobShell } from '../host/job-shell.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import type { DeploymentPlan } from './plan-deployment.ts';

type Place = Pick<Site, 'cluster' | 'host' | 'paths'>;

/**
 * Throws `engine_flag_missing` for a flag that the engine's version lacks, where the configuration names its program or its image by a
 * path. One that is found by the PATH may be another one in the job: then it warns. Silent where nothing can be read: the agent looks
 * again on the node.
 */
export async function checkFlags(site: Place, plan: DeploymentPlan, run: Pick<Run, 'signal' | 'tell'>): Promise<void> {
  const { engineSettings: settings, engine, model, servedModel, gpus, nodes } = plan;
  const { program } = findEngineKind(engine);
  const { container } = settings;
  if (program.kind !== 'installed' || (container && !runsHere(container))) return;
  const serve = settings.command ?? program.command;
  const found = await readBuild(site, { engine, serve, container }, run.signal);
  if (!found) return;
  try {
    const notes = fitBeforeStart(engine, { ...settings, model, servedModel, gpus, nodes }, found);
    for (const message of notes) run.tell({ type: 'warning', message });
  } catch (error) {
    if (!isCodedError<LaunchErrorCode>(error, 'engine_flag_missing')) throw error;
    if (container || serve[0]?.startsWith('/')) throw error;
    const message = `${error.message}. This is the one that ${site.host.label} finds; a job may find another.`;
    run.tell({ type: 'warning', message });
  }
}

/** Outside a job: Pyxis is a part of srun. An image of a registry may be another one in the job. */
function runsHere({ kind, image }: ContainerSettings): boolean {
  return kind !== 'pyxis' && image.startsWith('/');
}

/** The site's packages count too: another package may add flags. An image has programs that the host lacks. */
const lookScript = `
state=$1 image=$3
if [ -n "$image" ]; then [ -r "$image" ] || exit 0; fi
program=$(command -v -- "$2") || { [ -n "$image" ] || exit 0; program=$2; }
identity="\${image:+$image }$program $(stat -L -c '%s %Y' -- \${image:+"$image"} "$program" "\${program%/*}"/../lib/python3*/site-packages 2>/dev/null | tr '\\n' ' ')"
file=$state/engine-builds/$(printf '%s' "$identity" | cksum | tr ' ' -).json
printf 'fl identity %s\\nfl file %s\\nfl head %s\\n' "$identity" "$file" "$(head -c 1024 -- "$program" 2>/dev/null | base64 | tr -d '\\n')"
[ "$(head -n 1 "$file" 2>/dev/null)" = "$identity" ] && printf 'fl build %s\\n' "$(tail -n 1 "$file")"
echo 'fl end'
`;

const readScript = `cd / && "$@"`;
const keepScript = `umask 077; mkdir -p "\${1%/*}" && printf '%s\\n%s\\n' "$2" "$3" >"$1.$$" && mv -f "$1.$$" "$1"`;
/** A Python on a cold file system takes some seconds. */
const readTimeoutMs = 30_000;

const keptBuild = z.object({ version: z.string(), flags: z.array(z.string()) });

/** Undefined where the engine's flags cannot be told. */
async function readBuild(
  { cluster, host, paths }: Place,
  { engine, serve, container }: Pick<EngineSettings, 'container'> & { engine: string; serve: readonly string[] },
  signal: AbortSignal,
): Promise<EngineBuild | undefined> {
  const build = engineBuilds.get(engine);
  const [program = ''] = serve;
  if (!build?.isOwn(serve)) return undefined;
  const ask = (script: string, args: readonly string[], env: Record<string, string> = {}) =>
    askInTime(host, jobShell(cluster.config, { script, args, env }), signal);
  const said = wordsOf(await ask(lookScript, [paths.state, program, container?.image ?? '']));
  if (!said.has('end')) return undefined;
  const kept = decodeKept(said.get('build'));
  if (kept) return kept;
  const head = Buffer.from(said.get('head') ?? '', 'base64').toString('latin1');
  const python = pythonCommand(serve, engine, container ? undefined : head);
  if (python === undefined) return undefined;
  const { argv, env } = inside(container, [...python, '-c', build.script]);
  const found = build.read(await ask(readScript, argv, env));
  // A build from a checkout changes without another program.
  if (!found?.flags || found.version.includes('dev')) return found;
  const text = JSON.stringify({ version: found.version, flags: [...found.flags] });
  const [file = '', identity = ''] = [said.get('file'), said.get('identity')];
  await host.runner.run(['sh', '-c', keepScript, 'sh', file, identity, text], { signal });
  return found;
}

/** As the agent runs it on a node, without GPUs. Its working directory is one that every host and image has. */
function inside(
  container: ContainerSettings | undefined,
  argv: readonly string[],
): { argv: readonly string[]; env: Record<string, string> } {
  if (!container) return { argv, env: {} };
  const place = { nodePath: '', engineSim: [], directory: '/tmp' };
  const wanted = { model: '', gpus: 0 };
  return containEngine({
    container: { ...container, gpu: 'none' },
    wanted,
    place,
    argv,
    env: {},
    jobEnv: {},
    caches: {},
  });
}

/** Empty where the host takes too long, or says too much: the flags stay unknown, and the deployment goes on. */
async function askInTime({ runner }: Place['host'], argv: readonly string[], signal: AbortSignal): Promise<string> {
  try {
    return (await runner.run(argv, { timeoutMs: readTimeoutMs, signal })).stdout;
  } catch (error) {
    if (isCodedError<SshErrorCode>(error, 'timeout', 'output_too_large')) return '';
    throw error;
  }
}

function wordsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^fl (\w+) ?(.*)$/gm)].map(([, what = '', value = '']) => [what, value]));
}

function decodeKept(text: string | undefined): EngineBuild | undefined {
  if (text === undefined) return undefined;
  try {
    const { version, flags } = keptBuild.parse(JSON.parse(text));
    return { version, flags: new Set(flags) };
  } catch (error) {
    // A file that was cut off is read again from its source.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
