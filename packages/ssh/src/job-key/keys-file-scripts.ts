// The remote scripts of an edit of authorized_keys, as POSIX sh. Each exits with 0, or with one of the codes below and
// a line on stderr. They need only sh and the usual tools (cat, cp, mv, rm, mkdir, cksum, find, readlink).

import { releaseLock, takeLock } from '../lock-script.ts';

export const keysExit = { notWritable: 71, locked: 72, changed: 73, notOurLock: 74, incomplete: 75 } as const;

const prologue = `
LC_ALL=C; export LC_ALL
umask 077
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
`;

/**
 * Arguments: path (empty for `~/.ssh/authorized_keys`), lock token. Prints the file's real path, its checksum and an empty line, then
 * its content. Follows links: some sites keep the file elsewhere.
 */
export const lockAndReadScript = `${prologue}${takeLock}
path=$1 token=$2
if [ -z "$path" ]; then
  path=$HOME/.ssh/authorized_keys
  if ! [ -d "$HOME/.ssh" ]; then mkdir -m 700 "$HOME/.ssh" || [ -d "$HOME/.ssh" ] || fail ${keysExit.notWritable} "cannot create $HOME/.ssh"; fi
fi
links=0
while [ -h "$path" ]; do
  links=$((links + 1)); [ "$links" -le 20 ] || fail ${keysExit.notWritable} "$path is a link to itself"
  to=$(readlink "$path")
  case $to in /*) path=$to ;; *) path=\${path%/*}/$to ;; esac
done
lock=$path.fairlead-lock
take_lock "$lock"
case $? in
  1) exit ${keysExit.notWritable} ;;
  2) fail ${keysExit.locked} "$lock" ;;
esac
echo "$token" >"$lock/owner" || fail ${keysExit.notWritable} "cannot write $lock"
if [ -e "$path" ] && ! [ -w "$path" ]; then rm -rf "$lock"; fail ${keysExit.notWritable} "$path is not writable"; fi
echo "$path"
if [ -e "$path" ]; then cksum <"$path"; echo; cat "$path"; else echo absent; echo; fi
`;

/**
 * Arguments: real path, lock token, checksum of the old content, checksum of the new content. Stdin: the new content; it also ends when
 * the connection breaks, so the script uses it only if the checksum matches. Keeps a copy of the old file beside it and replaces the
 * file in one step; the new file has the old one's owner and mode.
 */
export const replace = `${prologue}
path=$1 token=$2 expected=$3 wanted=$4
part=$path.fairlead-part.$$
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM PIPE
[ "$(cat "$path.fairlead-lock/owner" 2>/dev/null)" = "$token" ] || fail ${keysExit.notOurLock} "$path.fairlead-lock"
now=absent
if [ -e "$path" ]; then
  cp -p "$path" "$part" && cp -p "$path" "$path.fairlead-backup" || fail ${keysExit.notWritable} "cannot copy $path"
  now=$(cksum <"$path")
fi
cat >"$part" || fail ${keysExit.notWritable} "cannot write $part"
got=$(cksum <"$part")
[ "$got" = "$wanted" ] || fail ${keysExit.incomplete} "its new content arrived as $got and was sent as $wanted (checksum and bytes)"
[ "$now" = "$expected" ] || fail ${keysExit.changed} "$path"
mv -f "$part" "$path" || fail ${keysExit.notWritable} "cannot replace $path"
`;

/** Arguments: real path, lock token. */
export const unlockScript = `${prologue}${releaseLock}
release_lock "$1.fairlead-lock" "$2"
`;
