// Why a front does not go on with a session, or takes no new one.

const codes = ['unknown', 'stale', 'position', 'full'] as const;

/**
 * `unknown`: there is no such session, or the asker may not have it. `stale`: a later channel has it. `position`: bytes are missing.
 * `full`: the front has as many channels as it takes.
 */
export type MuxRefusal = (typeof codes)[number];

/** A later version may append a text. */
export const maxRefusalBytes = 256;

export function encodeRefusal(refusal: MuxRefusal): Buffer {
  return Buffer.from([codes.indexOf(refusal) + 1]);
}

/** A code of a later version is `unknown`: the session is over either way. */
export function decodeRefusal(payload: Buffer): MuxRefusal {
  return codes[payload[0]! - 1] ?? 'unknown';
}

const texts: Readonly<Record<MuxRefusal, string>> = {
  unknown: 'the agent does not have this session any more',
  stale: 'a later channel has this session',
  position: 'the agent no longer has the bytes that are missing here',
  full: 'the agent has as many consumers as it takes',
};

export function refusalText(refusal: MuxRefusal): string {
  return texts[refusal];
}
