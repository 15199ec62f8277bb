// Chooses the lines of a block that a judge reads. Of an ordinary block these are all; of a log storm, the first ones and those with a
// word that a failure or a turn of the engine's life has. Pure.

const lineFeed = 10;
/** 64 KB of lines of more than 220 bytes are read whole. */
const maxFirstLines = 300;
const maxTellingLines = 200;

/** A part of every line that the catalogue or the judge knows; the recorded logs hold it to that. */
const telling =
  /rror|xception|FATAL|[Ff]atal|[Kk]illed|Xid|hutting|shutdown|startup complete|Fault|fault\b|[Nn]o such|not found|denied|[Aa]borted|died|dumped|EnvironmentName|what\(\)|KeyboardInterrupt|imeout|version \d|Input should be|engine hangs|user namespace|OpenBLAS|unrecognized option|NCCL WARN|Connect: |GCS|marked dead|Parent process exited|processes to exit|not come within|not listen within/g;

/** `block`: whole lines. Calls `onLine` with the first `limitBytes` of each chosen line, in order. */
export function chooseLines(block: Buffer, onLine: (line: string) => void, limitBytes: number): void {
  let from = 0;
  for (let count = 0; count < maxFirstLines && from < block.length; count += 1) {
    const end = block.indexOf(lineFeed, from);
    const to = end < 0 ? block.length : end;
    onLine(block.toString('utf8', from, Math.min(to, from + limitBytes)));
    from = to + 1;
  }
  if (from < block.length) chooseTelling(block.subarray(from), onLine, limitBytes);
}

function chooseTelling(block: Buffer, onLine: (line: string) => void, limitBytes: number): void {
  // One character for each byte, so that places in the text are places in the block.
  const text = block.toString('latin1');
  telling.lastIndex = 0;
  for (let count = 0; count < maxTellingLines; count += 1) {
    const found = telling.exec(text);
    if (!found) return;
    const from = text.lastIndexOf('\n', found.index) + 1;
    const end = text.indexOf('\n', found.index);
    const to = end < 0 ? text.length : end;
    onLine(block.toString('utf8', from, Math.min(to, from + limitBytes)));
    telling.lastIndex = to;
  }
}
