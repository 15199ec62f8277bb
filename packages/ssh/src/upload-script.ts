// The remote script of an upload. It answers `same`, or `gzip`/`plain` for how it wants the bytes, then `done`.

/** Arguments: path, mode, size, sha256. Leaves only the finished file, however the script ends. */
export const uploadScript = `
LC_ALL=C; export LC_ALL
umask 077
path=$1 mode=$2 size=$3 sha=$4
case $path in */*) dir=\${path%/*}/ name=\${path##*/} ;; *) dir=./ name=$path ;; esac
part=$dir.$name.$$.part
fail() { echo "$1" >&2; exit 1; }
hash_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256 <"$1"
  elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"
  else echo "$sha"; fi | { read -r sum rest; echo "$sum"; }
}
[ -d "$dir" ] || fail "No such file or directory: $dir"
if [ -d "$path" ]; then fail "Is a directory: $path"; fi
find "$dir" -name ".$name.*.part" -mmin +60 -exec rm -f {} + 2>/dev/null
if [ -f "$path" ] && [ "$(wc -c <"$path")" -eq "$size" ] && [ "$(hash_of "$path")" = "$sha" ] && chmod "$mode" "$path"
then echo same; exit 0; fi
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM PIPE
: >"$part" || fail "cannot create $part"
if command -v gzip >/dev/null 2>&1; then
  echo gzip; gzip -dc >"$part" || fail "cannot write $part"
else
  echo plain; cat >"$part" || fail "cannot write $part"
fi
[ "$(wc -c <"$part")" -eq "$size" ] || fail "incomplete: got $(wc -c <"$part") of $size bytes"
[ "$(hash_of "$part")" = "$sha" ] || fail "damaged on the way: its hash is not $sha"
chmod "$mode" "$part" && mv -f "$part" "$path" || fail "cannot put $path in place"
echo done
`;
