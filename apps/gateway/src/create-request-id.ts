// The id of a request: unique, and in the order of time, so that the rows of usage are written one behind the other (RFC 9562, version 7).

/** `uuid`: of chance, as `randomUUID` makes it. */
export function createRequestId(nowMs: number, uuid: string): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, '0').slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}
