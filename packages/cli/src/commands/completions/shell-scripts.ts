// The shells' sides of completion. Each hands the words up to the cursor, unevaluated, to `fairlead complete` and offers what it prints:
// a candidate a line, a tab before its description, and `:files` where names of files belong.
// Our own, for what @bomb.sh/tab prints needs the bash-completion package and evaluates what was typed.

export type Shell = 'bash' | 'zsh' | 'fish';

/** Works in bash 3.2 (macOS), without the bash-completion package, and when it is read twice. */
const bash = `# fairlead completions for bash
_fairlead_complete() {
    local value description files= cur="\${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS=$'\\t' read -r value description; do
        if [[ $value == :files ]]; then files=1; else COMPREPLY+=("$value"); fi
    done < <(fairlead complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
    if [[ $files ]]; then
        while read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$cur")
        type compopt &>/dev/null && compopt -o filenames
    fi
}
complete -F _fairlead_complete fairlead
`;

const zsh = `#compdef fairlead
# fairlead completions for zsh
_fairlead() {
    local value description files
    local -a candidates
    while IFS=$'\\t' read -r value description; do
        if [[ $value == :files ]]; then files=1; else candidates+=("\${value//:/\\\\:}:$description"); fi
    done < <(fairlead complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
    (( $#candidates )) && _describe fairlead candidates
    [[ -n $files ]] && _files
    return 0
}
if [[ $funcstack[1] == _fairlead ]]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
`;

const fish = `# fairlead completions for fish
function __fairlead_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (fairlead complete -- $words[2..-1] "$current" 2>/dev/null </dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c fairlead -f -a '(__fairlead_complete)'
`;

export const shellScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
