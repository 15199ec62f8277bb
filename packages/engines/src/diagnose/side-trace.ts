// Recognizes the traceback of a thread that the engine does not need: vLLM's report of usage statistics, which writes to the
// home and connects to the internet. The engine goes on without it. Pure.

export interface SideTrace {
  /** Whether the line belongs to such a traceback. Takes each line of the log once, in order. */
  covers: (line: string) => boolean;
}

const prefix = /^(?:\([A-Za-z][\w: ,.=-]*\) ?)?/;
const begins = /^Exception in thread \S{1,80} \(_report_usage_(?:worker|once)\):/;
const frame = /^(?:$|\s|Traceback \(most recent call last\):)/;
const continues = /^(?:During handling of|The above exception was the direct cause of)/;

export function createSideTrace(): SideTrace {
  /** `frames`: the exception's own line is still to come. `after`: it has come; another one may follow. */
  let part: 'frames' | 'after' | undefined;
  let process = '';
  return {
    covers: (line) => {
      const from = prefix.exec(line)![0];
      const text = line.slice(from.length);
      if (begins.test(text)) {
        part = 'frames';
        process = from.trimEnd();
        return true;
      }
      // Lines of other processes may stand between.
      if (part === undefined || from.trimEnd() !== process) return false;
      if (frame.test(text)) return true;
      const goesOn = continues.test(text);
      if (part === 'after' && !goesOn) {
        part = undefined;
        return false;
      }
      part = goesOn ? 'frames' : 'after';
      return true;
    },
  };
}
