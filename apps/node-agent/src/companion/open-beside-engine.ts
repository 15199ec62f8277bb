// What runs beside an engine on this node, as its kind plans it. This folder alone knows that an engine may have a companion.

import type { CompanionPlace, EngineKind, EnginePlace, EnginePlan, EngineWanted } from '@fairlead/engines';
import { pythonCommand } from '@fairlead/engines/builds';
import type { EngineFailure } from '@fairlead/engines/failures';
import type { Log, Secret } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import type { EngineRole } from '../engine/engine-role.ts';
import { readHead } from '../engine/read-engine-build.ts';
import { openCompanionPlaces } from './open-companion-places.ts';

export interface BesideEngine extends AsyncDisposable {
  /** The companion's own on this node. */
  readonly directory: string;
  /** A new place for a companion that is to be started; for check and engine the place of that. */
  place: (role: EngineRole) => Promise<CompanionPlace>;
  /** Undefined for the engine itself, which its kind plans. */
  plan: (role: EngineRole, place: EnginePlace) => EnginePlan | undefined;
  /** Of the companion that was started last, where the settings ask for one. */
  dashboard: () => { port: string; key: Secret } | undefined;
  /** Says a failure of the companion or of its check by the companion's name. */
  name: (failure: EngineFailure) => EngineFailure;
}

export interface BesideEngineOptions {
  spec: InstanceSpec;
  kind: EngineKind;
  wanted: EngineWanted;
  env: NodeJS.ProcessEnv;
  log: Log;
}

/** Undefined for an engine without a companion. Disposing removes the companion's directory: only when nothing of it is left. */
export async function openBesideEngine({
  spec,
  kind,
  wanted,
  env,
  log,
}: BesideEngineOptions): Promise<BesideEngine | undefined> {
  const companion = kind.companionOf?.(wanted);
  if (!companion) return undefined;
  const { command, name, title } = companion;
  const places = await openCompanionPlaces({ spec, companion, env, log });
  const python = async () => {
    const head = wanted.container ? undefined : await readHead(command[0] ?? '', env);
    return pythonCommand(command, name, head) ?? ['python3'];
  };
  let started: EnginePlace | undefined;
  return {
    directory: places.directory,
    place: async (role) => (role === 'companion' ? places.take(await python()) : places.current),
    plan(role, place) {
      if (role === 'engine') return undefined;
      if (role === 'check') return companion.planCheck(wanted, place);
      started = place;
      return companion.plan(wanted, place);
    },
    dashboard: () => started && companion.dashboard(started),
    name({ hint, ...failure }) {
      const message = failure.message.replace(/^the engine\b/, title);
      // Without a known cause the hint is about the command of the engine.
      return failure.known !== undefined && hint !== undefined
        ? { ...failure, message, hint }
        : { ...failure, message };
    },
    [Symbol.asyncDispose]: () => places[Symbol.asyncDispose](),
  };
}
