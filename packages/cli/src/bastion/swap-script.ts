// The far side of a change of control, as POSIX sh.

/** Whether process $1 is the control of state directory $2, as the gate tells it. */
const isControl = `
is_control() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  kill -0 "$1" 2>/dev/null || return 1
  if [ -r "/proc/$1/cmdline" ]; then args=$(tr '\\000' ' ' <"/proc/$1/cmdline")
  else args=$(ps -ww -o args= -p "$1" 2>/dev/null); fi
  case $args in *"$2/bin/control.mjs "*) return 0 ;; esac
  return 1
}
`;

/** Defines \`end_control STATE RUN\`: TERM, KILL after 15 s; fails when it is there even then. */
export const endControl = `${isControl}
end_control() {
  pid=
  [ -f "$2/control.pid" ] && read -r pid _ <"$2/control.pid"
  # A cleaner of /tmp may have taken that file: control's own record has the process too.
  is_control "$pid" "$1" || pid=$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$1/owner.json" 2>/dev/null)
  turns=0
  while is_control "$pid" "$1"; do
    if [ "$turns" -eq 0 ]; then kill "$pid" 2>/dev/null
    elif [ "$turns" -eq 60 ]; then kill -9 "$pid" 2>/dev/null
    elif [ "$turns" -gt 80 ]; then return 1; fi
    sleep 0.25 2>/dev/null || sleep 1
    turns=$((turns + 1))
  done
  return 0
}
`;

/**
 * Arguments: state directory, run directory, node, control's new program, \`copy\` or \`restore\` for what is done with the
 * database while no program has it open. Prints what bin/node and bin/control.mjs stood for. While it works there is no
 * control.mjs, so that no gate can start one; whichever way it ends, there is one again.
 */
export const swapScript = `${endControl}
LC_ALL=C; export LC_ALL
umask 077
state=$1 run=$2 node=$3 control=\${4##*/} how=$5
cd "$state/bin" || exit 1
old_node=$(readlink node) && old=$(readlink control.mjs) || { echo "bin/node or bin/control.mjs is missing" >&2; exit 1; }
[ -f "$control" ] || { echo "$control is missing" >&2; exit 1; }
trap '' HUP PIPE INT TERM
trap '[ -h control.mjs ] || ln -sfn "$old" control.mjs' EXIT
fail() { echo "$1" >&2; exit 1; }
rm -f control.mjs
end_control "$state" "$run" || fail "the control that runs (process $pid) does not end"
if [ "$how" = restore ]; then
  for file in control.db control.db-wal control.db-journal; do rm -f "$state/$file"; done
  cp -p "$state"/backup/control.db* "$state/" || fail "cannot put the database back from $state/backup"
elif [ -f "$state/control.db" ]; then
  mkdir -p "$state/backup" || fail "cannot make $state/backup"
  rm -f "$state"/backup/control.db*
  cp -p "$state"/control.db* "$state/backup/" || fail "cannot copy the database to $state/backup"
fi
ln -sfn "$node" node && ln -sfn "$control" control.mjs || fail "cannot switch the links in $state/bin"
echo "$old_node"
echo "$old"
`;
