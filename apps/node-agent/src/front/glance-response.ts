// Guesses status and end of a response from single pieces of it. Only for the record: no decision depends on it.

/** Engines write `0 CRLF CRLF` at once, by itself or behind the last data. */
export function endsInLastChunk(piece: Buffer): boolean {
  const end = piece.length;
  return piece[end - 1] === 0x0a && piece[end - 3] === 0x0a && piece[end - 5] === 0x30;
}

/** `HTTP/1.1 200 …` → 200; undefined when the first piece is too short to tell. */
export function statusOf(piece: Buffer): number | undefined {
  const status = Number(piece.toString('latin1', 9, 12));
  return status >= 100 && status < 1000 ? status : undefined;
}
