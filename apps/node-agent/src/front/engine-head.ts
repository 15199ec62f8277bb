// The head that the engine gets: the client's own lines, less what is meant for one hop, with the engine's key.

import { type RequestHead, type Interpreted, isForwarded } from '@fairlead/openai-wire';

/**
 * `engineLines` is `engineFields(key)`. Field lines travel byte for byte and in order; runs of them are copied at once.
 * An HTTP/1.0 client stays one, so that the engine does not answer it in chunks.
 */
export function renderEngineHead(head: RequestHead, { dropped }: Interpreted, engineLines: Buffer): Buffer {
  const requestLine = `${head.method} ${head.target} HTTP/${head.version}\r\n`;
  const out = Buffer.allocUnsafe(requestLine.length + head.bytes.length + engineLines.length);
  let length = out.write(requestLine, 'latin1');
  let runStart = 0;
  let runEnd = 0;
  for (const field of head.fields) {
    if (!isForwarded(field.name, dropped)) continue;
    if (field.lineStart !== runEnd) {
      length += head.bytes.copy(out, length, runStart, runEnd);
      runStart = field.lineStart;
    }
    runEnd = field.lineEnd;
  }
  length += head.bytes.copy(out, length, runStart, runEnd);
  length += engineLines.copy(out, length);
  return out.subarray(0, length);
}

/** The lines that end every head to the engine. `close`: nothing rides a kept connection past a drain. */
export function engineFields(engineKey: string): Buffer {
  return Buffer.from(`authorization: Bearer ${engineKey}\r\nconnection: close\r\n\r\n`, 'latin1');
}
