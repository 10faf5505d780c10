/** The scripts that hook `__complete` into a shell: one a shell, as short as the shell allows. */

const program = 'kubectl-argo-rollouts';

/** `__complete` prints words with descriptions behind a tab, and `:NUMBER` at the end: 1 failed, 4 no files. */
export const completionScripts = {
  bash: `# bash completion for ${program} -*- shell-script -*-

__${program}_complete() {
    local cur="\${COMP_WORDS[COMP_CWORD]}" prev="" out directive line
    local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
    if declare -F _get_comp_words_by_ref >/dev/null; then
        local cword
        _get_comp_words_by_ref -n "=:" cur prev words cword
        words=("\${words[@]:1:cword}")
    fi
    COMPREPLY=()
    out=$("\${COMP_WORDS[0]}" __completeNoDesc "\${words[@]}" 2>/dev/null) || return
    directive="\${out##*:}"
    out="\${out%:*}"
    (( directive & 1 )) && return
    while IFS= read -r line; do
        [[ -n "$line" && "$line" == "$cur"* ]] && COMPREPLY+=("$line")
    done <<< "$out"
    if (( \${#COMPREPLY[@]} == 0 && ! (directive & 4) )); then
        compopt -o default
    fi
}

complete -F __${program}_complete ${program}
`,
  zsh: `#compdef ${program}
# zsh completion for ${program} -*- shell-script -*-

_${program}() {
    local out directive line word
    local -a offers
    out=$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
    directive=\${out##*:}
    out=\${out%:*}
    (( directive & 1 )) && return 1
    for line in "\${(@f)out}"; do
        [[ -z "$line" ]] && continue
        word=\${line%%$'\\t'*}
        word=\${word//:/\\\\:}
        if [[ "$line" == *$'\\t'* ]]; then offers+=("$word:\${line#*$'\\t'}"); else offers+=("$word"); fi
    done
    if (( \${#offers} )); then
        _describe -V completions offers
    elif ! (( directive & 4 )); then
        _files
    fi
}

if [ "\${funcstack[1]}" = "_${program}" ]; then
    _${program}
else
    compdef _${program} ${program}
fi
`,
  fish: `# fish completion for ${program} -*- shell-script -*-

function __${program.replaceAll('-', '_')}_ask
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null
end

function __${program.replaceAll('-', '_')}_offers
    __${program.replaceAll('-', '_')}_ask | string match -v -r '^:\\d+$'
end

function __${program.replaceAll('-', '_')}_no_files
    set -l directive (__${program.replaceAll('-', '_')}_ask | string match -r '^:(\\d+)$')[2]
    test (math "$directive % 8") -ge 4
end

complete -c ${program} -e
complete -c ${program} -n __${program.replaceAll('-', '_')}_no_files -f -a '(__${program.replaceAll('-', '_')}_offers)'
complete -c ${program} -n 'not __${program.replaceAll('-', '_')}_no_files' -a '(__${program.replaceAll('-', '_')}_offers)'
`,
  powershell: `# powershell completion for ${program} -*- shell-script -*-

Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' }
    $program = $commandAst.CommandElements[0].Value
    $lines = @(Invoke-Expression "& $program __complete $($words -join ' ') 2>$null")
    if ($lines.Count -eq 0 -or ([int]($lines[-1].TrimStart(':')) -band 1)) { return }
    $lines | Select-Object -SkipLast 1 | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        $word, $about = $_ -split "\`t", 2
        if (-not $about) { $about = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
    }
}
`,
} as const;
