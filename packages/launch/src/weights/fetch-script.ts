// Bash that finds a Python with huggingface_hub in the site's environment and has it run the program that downloads.

import { fetchProgram } from './fetch-program.ts';
import type { WeightsSource } from './weights-source.ts';

/** Arguments: token file or '', the four of the program, then the engine's program with the words that lead into its container. */
export const fetchScript = `
tokenFile=$1; shift
asked=("$1" "$2" "$3" "$4"); shift 4
if [ -n "$tokenFile" ]; then
  if ! [ -r "$tokenFile" ]; then echo 'fl {"event":"unready","what":"token"}'; exit 1; fi
  unset HF_TOKEN; export HF_TOKEN_PATH=$tokenFile
fi
if [ -n "$FAIRLEAD_INPUT" ]; then export HF_TOKEN=$FAIRLEAD_INPUT; fi
unset FAIRLEAD_INPUT HF_HUB_OFFLINE TRANSFORMERS_OFFLINE
# An interrupted Python ends with code 1: the shell would go on with the next one.
trap 'exit 130' INT TERM
ask='import importlib.util, sys; sys.exit(importlib.util.find_spec("huggingface_hub") is None)'
has_hub() { "$@" -c "$ask" </dev/null >/dev/null 2>&1; }
# The interpreter of a script: that of its first line, else the one beside it. A venv's own python is a link that must not be followed.
python_of() {
  local exe first
  exe=$(command -v "$1" 2>/dev/null) && [ -f "$exe" ] || return 1
  case \${exe##*/} in python*) echo "$exe"; return ;; esac
  exe=$(readlink -f "$exe")
  first=$(head -c 400 "$exe" | tr -d '\\000' | sed -n '1s/^#![[:space:]]*//p')
  case $first in
    */env\\ *) ;;
    *python*) echo "$first"; return ;;
  esac
  if [ -x "\${exe%/*}/python3" ]; then echo "\${exe%/*}/python3"; else return 1; fi
}
python=()
case \${1##*/} in
  python*) if has_hub "$1"; then python=("$1"); fi ;;
  *) if [ $# -gt 1 ]; then
       inside=("\${@:1:$#-1}" python3)
       if has_hub "\${inside[@]}"; then python=("\${inside[@]}"); fi
     fi ;;
esac
for program in "$1" hf huggingface-cli python3 python; do
  if [ \${#python[@]} -gt 0 ]; then break; fi
  if found=$(python_of "$program") && has_hub "$found"; then python=("$found"); fi
done
if [ \${#python[@]} -eq 0 ]; then echo 'fl {"event":"unready","what":"library"}'; exit 1; fi
exec "\${python[@]}" - "\${asked[@]}" <<'FAIRLEAD_PROGRAM'
${fetchProgram}
FAIRLEAD_PROGRAM
`;

export function fetchArguments(
  { model, revision = '', cacheDir = '', command }: WeightsSource,
  { tokenFile = '', hashesAll }: { tokenFile?: string | undefined; hashesAll: boolean },
): string[] {
  return [tokenFile, model, revision, cacheDir, hashesAll ? 'all' : 'new', ...command];
}
