// A lock on a remote host: a directory, because only one process can create it.

/**
 * `take_lock DIR`, as POSIX sh. Returns 0 when it took the lock, 1 when it cannot create the directory (stderr says why), 2 when another
 * process holds the lock. It takes over a lock that is older than ten minutes, and tries again when the holder releases the lock
 * between the failed mkdir and the check.
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

/** `release_lock DIR TOKEN`, as POSIX sh. Removes the lock if its file `owner` holds the token; else leaves it. Always returns 0. */
export const releaseLock = `
release_lock() {
  [ "$(cat "$1/owner" 2>/dev/null)" = "$2" ] && rm -rf "$1"
  :
}
`;
