// One squeue for all deployments of a user, from whichever machine they are looked at: its answer, and its refusal, lie in a
// file on the login host and are read again until they are too old. For sites whose queue may be asked only so often.

import { shellQuote } from '@fairlead/kit';

export interface SharedQueue {
  /** On the login host; its directory is made where it is missing. */
  file: string;
  /** squeue runs when the last answer is at least this old. */
  maxAgeSeconds: number;
}

/**
 * Lines of sh that end the script with the last answer where it is young enough, else with what "$@" says. The first line
 * of each file is when it was taken. Without flock two machines may ask at the same moment; both answers are right.
 */
export function sharedQueueScript({ file, maxAgeSeconds }: SharedQueue): string {
  return `file=${shellQuote(file)} age=${Math.ceil(maxAgeSeconds)}
umask 077
mkdir -p "\${file%/*}" 2>/dev/null && : >>"$file.lock" || exec "$@"
exec 9>>"$file.lock"
! command -v flock >/dev/null 2>&1 || flock -w 60 9
now=$(date +%s)
is_young() {
  IFS= read -r at 2>/dev/null <"$1" && [ "$at" -le "$now" ] 2>/dev/null && [ "$((now - at))" -lt "$age" ]
}
if is_young "$file"; then exec tail -n +2 "$file"; fi
if is_young "$file.refused"; then tail -n +2 "$file.refused" >&2; exit 1; fi
answer=$file.$$ refusal=$file.refused.$$
trap 'rm -f "$answer" "$refusal"' EXIT
trap 'exit 1' HUP INT TERM
echo "$now" >"$answer"; echo "$now" >"$refusal"
if "$@" >>"$answer" 2>>"$refusal" 9>&-; then
  mv -f "$answer" "$file" && rm -f "$file.refused"
  tail -n +2 "$file"
  exit 0
else
  code=$?
  tail -n +2 "$refusal" >&2
  mv -f "$refusal" "$file.refused"
  exit "$code"
fi
`;
}
