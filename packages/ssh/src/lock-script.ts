// A lock on the far side: a directory, which only one process can make.

/**
 * `take_lock DIR`, as POSIX sh: 0 when the lock is taken, 1 when it cannot be made (stderr says why), 2 when another one holds it. A lock older than
 * ten minutes is abandoned and is taken over. A lock released between the failed mkdir and the check is tried again.
 */
export const takeLock = `
take_lock() {
  tries=0
  until mkdir "$1" 2>/dev/null; do
    tries=$((tries + 1))
    if ! [ -d "$1" ]; then
      [ "$tries" -lt 5 ] || { mkdir "$1"; return; }
      continue
    fi
    [ "$tries" -lt 5 ] && [ -n "$(find "$1" -maxdepth 0 -mmin +10 2>/dev/null)" ] || return 2
    rm -rf "$1"
  done
}
`;

/** `release_lock DIR TOKEN`, as POSIX sh: removes the lock where its file `owner` holds the token, else leaves it. Always 0. */
export const releaseLock = `
release_lock() {
  [ "$(cat "$1/owner" 2>/dev/null)" = "$2" ] && rm -rf "$1"
  :
}
`;
