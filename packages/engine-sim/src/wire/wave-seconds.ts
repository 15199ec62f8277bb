// How long a WAV file plays, by its header.

const riffHeaderBytes = 12;
const chunkHeaderBytes = 8;

/** Undefined for what is no WAV file. A recording that was piped states no size: then the rest of the file is sound. */
export function waveSeconds(file: Uint8Array): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < riffHeaderBytes || textAt(file, 0) !== 'RIFF' || textAt(file, 8) !== 'WAVE') return undefined;
  let bytesPerSecond = 0;
  for (let at = riffHeaderBytes; at + chunkHeaderBytes <= file.byteLength;) {
    const start = at + chunkHeaderBytes;
    const size = view.getUint32(at + 4, true);
    const left = file.byteLength - start;
    const name = textAt(file, at);
    if (name === 'fmt ' && left >= 12) bytesPerSecond = view.getUint32(start + 8, true);
    if (name === 'data') return bytesPerSecond === 0 ? undefined : Math.min(size, left) / bytesPerSecond;
    // Chunks begin at even offsets.
    at = start + size + (size % 2);
  }
  return undefined;
}

function textAt(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}
