// Cuts lines into messages that fit a frame. Pure.

/** One frame holds up a heartbeat for as long as a slow line takes for it. */
const chunkChars = 32 * 1024;
/** Of a longer line the rest is left out. */
export const lineChars = 8 * 1024;

export function chunkLines(lines: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let chunk: string[] = [];
  let chars = 0;
  for (const whole of lines) {
    const line = whole.length > lineChars ? `${whole.slice(0, lineChars)} …` : whole;
    if (chars + line.length > chunkChars && chunk.length > 0) {
      chunks.push(chunk);
      chunk = [];
      chars = 0;
    }
    chunk.push(line);
    chars += line.length;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
