// Decides how a planned engine runs in its container: what of the node it sees, and which variables it gets. Pure.

import { dirname } from 'node:path/posix';
import { type CachePlaces, cacheVariables } from '../caches/cache-variables.ts';
import type { EnginePlace, EngineWanted } from '../port/engine-kind.ts';
import { containerKinds } from './container-kinds.ts';
import type { Bind, Contained } from './container-kind.ts';
import type { ContainerSettings } from './container-settings.ts';

export interface ContainEngineInput {
  container: ContainerSettings;
  wanted: Pick<EngineWanted, 'model' | 'gpus'>;
  place: Pick<EnginePlace, 'node' | 'nodePath' | 'engineSim' | 'directory'>;
  argv: readonly string[];
  /** The variables that the engine gets. */
  env: Readonly<Record<string, string>>;
  jobEnv: Readonly<Record<string, string>>;
  caches: Omit<CachePlaces, 'directory'>;
}

export function containEngine(input: ContainEngineInput): Contained {
  const { container, wanted, place, argv, env, jobEnv } = input;
  const gpu = container.gpu ?? (wanted.gpus > 0 ? 'nvidia' : 'none');
  const binds = bindsFor(input);
  const { directory } = place;
  return containerKinds[container.kind].contain({ settings: container, gpu, argv, env, jobEnv, binds, directory });
}

function bindsFor({ container, wanted, place, argv, env, caches }: ContainEngineInput): Bind[] {
  const same = (source: string): Bind => ({ source, target: source });
  const programs = [place.nodePath, ...place.engineSim].filter((word) => argv.includes(word)).map(dirname);
  // The whole directory, so that the image needs one place for it.
  const places = [caches.shared?.path ?? '', caches.local ?? ''];
  const chosen = cacheVariables.flatMap((name) => env[name] ?? []);
  const needed = [
    place.directory,
    place.node?.companion?.directory ?? '',
    ...programs,
    ...places,
    ...chosen,
    folderOfModel(wanted.model),
  ];
  const all = [...(container.binds ?? []).map(parseBind), ...needed.filter(isNodePath).map(same)];
  return all.filter((bind, at) => !all.some((other, otherAt) => covers(other, bind, otherAt < at)));
}

/** In a cache of Hugging Face a snapshot holds links to files beside it. */
function folderOfModel(model: string): string {
  return model.replace(/(\/models--[^/]+)\/snapshots\/.*$/, '$1');
}

/** In a dry run a place is a word such as `<directory>`. */
function isNodePath(path: string): boolean {
  return path.startsWith('/') || path.startsWith('<');
}

function parseBind(text: string): Bind {
  const [source = '', target = source] = text.split(':');
  return { source, target };
}

/** Whether `bind` is a part of `other`; of two equal ones the first. */
function covers(other: Bind, bind: Bind, isFirst: boolean): boolean {
  if (other.source === bind.source && other.target === bind.target) return isFirst;
  const rest = bind.source.slice(other.source.length);
  return bind.source.startsWith(`${other.source}/`) && bind.target === `${other.target}${rest}`;
}
