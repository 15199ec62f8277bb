// The one place where `~` and `$VAR` in a cluster's settings get their meaning: that of a login shell of the account there.
// Everything that goes to the cluster is made of what comes out of here.

import { CodedError, defined } from '@fairlead/kit';
import type { ClusterConfig, EngineConfig, NamedCluster } from '@fairlead/config';

import type { LaunchErrorCode } from '../launch-error.ts';
import { expandHome, type Host } from '../host/host.ts';

const variablePattern = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;
const askTimeoutMs = 30_000;

/** Asks the host only where a variable is named. Throws `config_invalid` for a variable that is not set there, and for a path that stays relative. */
export async function expandCluster(
  { name, config }: NamedCluster,
  host: Pick<Host, 'facts' | 'label' | 'runner'>,
  signal?: AbortSignal,
): Promise<NamedCluster> {
  const named = new Set<string>();
  mapPaths(config, (value) => {
    for (const variable of variablesIn(value)) named.add(variable);
    return value;
  });
  const values = named.size === 0 ? new Map<string, string>() : await askVariables([...named], host, signal);
  const { home } = host.facts;
  const expand: MapPath = (value, setting) => {
    const isAbsolute = setting === 'tokenFile' || setting.startsWith('paths.');
    return expandClusterPath(value, {
      setting: `clusters.${name}.${setting}`,
      home,
      values,
      label: host.label,
      isAbsolute,
    });
  };
  return { name, config: mapPaths(config, expand) };
}

export interface PathMeaning {
  /** For messages: `clusters.tb.tokenFile`. */
  setting: string;
  home: string;
  /** Those that are set. */
  values: ReadonlyMap<string, string>;
  label: string;
  /** Whether a relative path would be looked for in whatever directory a program happens to be in. */
  isAbsolute: boolean;
}

/** Pure. */
export function expandClusterPath(value: string, meaning: PathMeaning): string {
  const filled = value.replaceAll(variablePattern, (whole, braced?: string, plain?: string) => {
    const variable = braced ?? plain ?? '';
    const found = meaning.values.get(variable);
    if (found !== undefined && found !== '') return found;
    throw refusal(value, meaning, {
      why: `${whole} is not set in a login shell on ${meaning.label}`,
      hint: 'Correct the name, or write the path out. What only a job has (TMPDIR, SLURM_JOB_ID) cannot stand here; without paths.scratch a job takes the TMPDIR of its node.',
    });
  });
  const path = expandHome(filled, meaning.home);
  const why = path.startsWith('~')
    ? 'only a ~ that stands for your own home can be expanded'
    : meaning.isAbsolute && !path.startsWith('/')
      ? 'it is not absolute, and programs there run in different directories'
      : undefined;
  if (why === undefined) return path;
  throw refusal(value, meaning, { why, hint: 'Begin it with /, ~/ or a variable of the cluster.' });
}

function refusal(value: string, { setting }: PathMeaning, { why, hint }: { why: string; hint: string }) {
  return new CodedError<LaunchErrorCode>('config_invalid', `cannot use ${setting} (${value}) because ${why}`, { hint });
}

function variablesIn(value: string): string[] {
  return [...value.matchAll(variablePattern)].flatMap(([, braced, plain]) => braced ?? plain ?? []);
}

type MapPath = (value: string, setting: string) => string;

/** Every setting that is a path on the cluster. */
function mapPaths(config: ClusterConfig, map: MapPath): ClusterConfig {
  const { paths, tokenFile, node, slurm, engines, env } = config;
  return {
    ...config,
    ...(paths && { paths: mapValues(paths, 'paths', map) }),
    ...(tokenFile !== undefined && { tokenFile: map(tokenFile, 'tokenFile') }),
    ...(node !== undefined && { node: map(node, 'node') }),
    ...(slurm?.binDir !== undefined && { slurm: { ...slurm, binDir: map(slurm.binDir, 'slurm.binDir') } }),
    ...(env && { env: mapValues(env, 'env', whereItIsOne(map)) }),
    ...(engines && { engines: mapEngines(engines, map) }),
  };
}

function mapEngines(engines: NonNullable<ClusterConfig['engines']>, map: MapPath): typeof engines {
  return Object.fromEntries(
    Object.entries(engines).map(([name, engine]) => [name, engine && mapEngine(engine, `engines.${name}`, map)]),
  );
}

function mapEngine(engine: EngineConfig, at: string, map: MapPath): EngineConfig {
  const [program, ...rest] = engine.command ?? [];
  return {
    ...engine,
    ...(program !== undefined && { command: [map(program, `${at}.command`), ...rest] }),
    ...(engine.container && { container: mapContainer(engine.container, `${at}.container`, map) }),
    ...(engine.env && { env: mapValues(engine.env, `${at}.env`, whereItIsOne(map)) }),
  };
}

type Container = NonNullable<EngineConfig['container']>;

function mapContainer(container: Container, at: string, map: MapPath): Container {
  const { image, program, binds } = container;
  return {
    ...container,
    image: whereItIsOne(map)(image, `${at}.image`),
    ...(program !== undefined && { program: map(program, `${at}.program`) }),
    ...(binds && { binds: binds.map((bind, index) => map(bind, `${at}.binds.${index}`)) }),
  };
}

function mapValues<T extends Record<string, string | undefined>>(values: T, above: string, map: MapPath): T {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value === undefined ? value : map(value, `${above}.${key}`)]),
  ) as T;
}

/** A value of a variable is a path where it begins as one; a `$` anywhere else means itself. */
function whereItIsOne(map: MapPath): MapPath {
  return (value, setting) => (/^(~\/|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?(\/|$))/.test(value) ? map(value, setting) : value);
}

/** `bash -l`: sites set SCRATCH, WORK and the like for logins, not for commands. */
async function askVariables(
  names: readonly string[],
  host: Pick<Host, 'runner' | 'label'>,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const script = names.map((name) => `printf '\\nfl_var %s=%s\\n' ${name} "\${${name}-}"`).join('\n');
  const options = { timeoutMs: askTimeoutMs, ...defined({ signal }) };
  const { stdout } = await host.runner.run(['bash', '-lc', script], options);
  return new Map(
    [...stdout.matchAll(/^fl_var (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const),
  );
}
