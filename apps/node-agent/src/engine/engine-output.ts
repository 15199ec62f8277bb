// What the engine of this agent writes: into its log file, into the last lines that a failure shows, and to the judge of its failures.

import type { EngineKind, PhaseSeen } from '@fairlead/engines';
import {
  classifyFailure,
  chooseLines,
  createLogJudge,
  type EngineFailure,
  type EngineSurroundings,
  entriesFor,
  explainSilence,
  type LogJudge,
} from '@fairlead/engines/failures';
import { createStartProgress, type StartProgress } from '../progress/start-progress.ts';
import { LastLines } from './last-lines.ts';
import type { EngineRole } from './engine-role.ts';
import type { RotatingLog } from './rotating-log.ts';
import type { EngineExit } from './spawn-engine.ts';

/** What the judge reads of a line. */
const judgedBytes = 4000;

export interface EngineOutputOptions {
  kind: EngineKind;
  file: RotatingLog;
  /** Asked anew for each failure. */
  surroundings: () => EngineSurroundings;
  onPhase: (seen: PhaseSeen) => void;
}

export class EngineOutput {
  readonly #options: EngineOutputOptions;
  readonly #last = new LastLines();
  /** Of the engine's current life, from its first line: a cause may have scrolled out of the last lines. */
  #judge: LogJudge;

  #progress: StartProgress | undefined;

  constructor(options: EngineOutputOptions) {
    this.#options = options;
    this.#judge = newJudge(options);
  }

  /**
   * For the next process of the engine: what a former one has written is said of that one alone. Returns what takes its whole lines.
   * `onTellsEnd`: called for each line that says that the engine is about to end.
   */
  begin(onTellsEnd: () => void = () => undefined): (block: Buffer) => void {
    this.#last.clear();
    this.#judge = newJudge(this.#options);
    const judge = this.#judge;
    const { kind, onPhase } = this.#options;
    const progress = createStartProgress(onPhase);
    this.#progress = progress;
    const read = (line: string) => {
      judge.push(line);
      if (kind.tellsEnd?.(line)) onTellsEnd();
      const seen = progress.isOver ? undefined : kind.parsePhase(line);
      if (seen) progress.see(seen);
    };
    return (block) => {
      this.#options.file.write(block);
      this.#last.push(block);
      chooseLines(block, read, judgedBytes);
    };
  }

  /** Of the engine's current life; the disk may say more of it than the log. */
  get progress(): StartProgress | undefined {
    return this.#progress;
  }

  /** Oldest first. */
  get lastLines(): readonly string[] {
    return this.#last.lines;
  }

  /** Why the engine ended although it was not told to. */
  explainExit(exit: EngineExit): EngineFailure {
    if (exit.elsewhere) return exit.elsewhere;
    const { surroundings } = this.#options;
    const diagnosis = this.#judge.diagnose(exit);
    const end = { ...exit, lines: this.#last.lines, diagnosis, surroundings: surroundings() };
    return classifyFailure(end);
  }

  /** What to tell of an engine that runs and does not become ready. */
  explainSilence(): { lastLines: string[]; hint: string } {
    return explainSilence(this.#last.lines, this.#options.surroundings(), this.#judge.diagnose().verdict);
  }
}

function newJudge({ kind }: EngineOutputOptions): LogJudge {
  return createLogJudge({ entries: entriesFor(kind.name) });
}

/** What each process of an engine writes: into one file, and each to a judge of its own. */
export function createEngineOutputs(options: EngineOutputOptions): (role: EngineRole) => EngineOutput {
  const outputs = new Map<EngineRole, EngineOutput>();
  return (role) => {
    const output = outputs.get(role) ?? new EngineOutput(options);
    outputs.set(role, output);
    return output;
  };
}
