// The line by which an owner publishes, as text and as data.

import { CodedError, Secret } from '@fairlead/kit';
import { decodeValue, publishTarget, type PublishTarget } from '@fairlead/protocol';

import type { CliErrorCode } from '../../cli-error.ts';

/** `fairlead-publish://<token>@<uid>/<socket>`, as the gateway prints it. Throws `usage`. */
export function readTarget(line: string): PublishTarget {
  const [, token = '', uid, socket] = /^fairlead-publish:\/\/(flp_[\w-]{8,512})@(\d+)(\/.*)$/.exec(line.trim()) ?? [];
  const decoded = decodeValue(publishTarget, { socket, uid: Number(uid), token });
  if (!decoded.ok) throw wrongLine('it is not a line of `fairlead gateway publishers add`');
  return { ...decoded.value, token: new Secret(token) };
}

export function wrongLine(why: string): CodedError<CliErrorCode> {
  return new CodedError('usage', `cannot publish because ${why}`, {
    hint: "Give the line that the gateway's operator gave you: fairlead publish <name> --to 'fairlead-publish://…', or `--to -` and the line on standard input.",
  });
}
