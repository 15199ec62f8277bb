// Shell that finds the engine's program and its version: on the login host, and again on a compute node. Answers are `fl_key=value`.

/**
 * Arguments: the Python distribution whose version is the engine's, then the command that prints the version, word by word. Where
 * nothing tells the version: an empty word, then the engine's command.
 */
export const engineScript = `
distribution=$1; shift
exe=$(command -v "$1" 2>/dev/null)
echo "fl_exe=$exe"
if [ -n "$distribution" ] && [ -n "$exe" ] && [ -f "$exe" ]; then
  ask="import importlib.metadata as m; print(m.version('$distribution'))"
  words=
  case \${1##*/} in
    python*) words=$exe ;;
    *) case $(head -c 2 "$exe" 2>/dev/null | tr -d '\\000') in '#!') words=$(sed -n '1s/^#![[:space:]]*//p' "$exe") ;; esac ;;
  esac
  case $words in
    *python*) said=$($words -c "$ask" 2>&1 | tail -n 1) ;;
    *)
      if command -v timeout >/dev/null 2>&1; then said=$(timeout 40 "$@" 2>&1 | tail -n 1)
      else said=$("$@" 2>&1 | tail -n 1); fi
      ;;
  esac
  echo "fl_version=$said"
fi
echo "fl_end=yes"
`;
