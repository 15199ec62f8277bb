// What an installed engine would make of a deployment's settings, before anything is queued. Pure.

import { engineBuilds } from './engine-builds.ts';
import { findEngineKind } from './engine-kinds.ts';
import type { EngineBuild } from './port/engine-build.ts';
import type { EngineWanted } from './port/engine-kind.ts';
import { shownPlace } from './show-engine-command.ts';

/** One sentence for each thing that the build's version replaces or leaves out. Throws `engine_flag_missing` as the agent would at the start. */
export function fitBeforeStart(engine: string, wanted: EngineWanted, found: EngineBuild): readonly string[] {
  const build = engineBuilds.get(engine);
  if (!build) return [];
  const plan = findEngineKind(engine).plan(wanted, shownPlace);
  const { notes = [] } = build.fit(plan, wanted, found);
  return notes.filter((note) => !plan.notes?.includes(note));
}
