// Joins what the log and the disk say of an engine's start into one progress that never goes back. For display only. Pure.

import type { PhaseSeen } from '@fairlead/engines';
import { startPhase } from '@fairlead/protocol';

export interface StartProgress {
  /** Takes what was seen; tells it where it is news. */
  see: (seen: PhaseSeen) => void;
  /** The weights are there: nothing is downloaded from here on. */
  readonly hasWeights: boolean;
  /** The engine has said that it is up. */
  readonly isOver: boolean;
}

const phases = startPhase.options;
const downloaded = phases.indexOf('loading');

export function createStartProgress(tell: (seen: PhaseSeen) => void): StartProgress {
  let reached: PhaseSeen = { phase: 'booting' };
  return {
    see(seen) {
      if (reached.phase === 'probing' || rankOf(seen) < rankOf(reached)) return;
      const isNew = seen.phase !== reached.phase || seen.percent !== reached.percent || seen.detail !== reached.detail;
      reached = seen;
      if (isNew) tell(seen);
    },
    get isOver() {
      return reached.phase === 'probing';
    },
    get hasWeights() {
      return rankOf(reached) >= downloaded;
    },
  };
}

/** vLLM says that it loads the model before it downloads it: loading counts from its first shard. */
function rankOf({ phase, percent }: PhaseSeen): number {
  if (phase === 'loading' && percent === undefined) return phases.indexOf('downloading');
  return phases.indexOf(phase);
}
