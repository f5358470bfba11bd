namespace LmmFunctional.Cli

/// <summary>Scripts that complete words in a shell, written from the tables of the commands.</summary>
[<RequireQualifiedAccess>]
module Completion =

    let private spaced (words: string list) = String.concat " " words

    let private optionNames (command: Command) =
        "--help" :: (Command.options command |> List.collect OptionTable.names)

    let private wordsOf kind =
        match kind with
        | ArgumentKind.OneOf words
        | ArgumentKind.Text(_, words) -> words
        | ArgumentKind.Switch
        | ArgumentKind.File _ -> []

    // What may follow an option, or the command itself where its first word is one of several.
    let private followers (command: Command) = [
        match command.Words with
        | first :: _ when not (wordsOf first.Kind).IsEmpty -> command.Name, wordsOf first.Kind
        | _ -> ()

        for option in Command.options command do
            if not (wordsOf option.Kind).IsEmpty then
                yield! OptionTable.names option |> List.map (fun name -> name, wordsOf option.Kind)
    ]

    let private names (commands: Command list) = commands |> List.map _.Name

    /// For bash: <c>source &lt;(lmm completion bash)</c>.
    let bash (commands: Command list) : string list = [
        "# Completion of lmm for bash; put it to use by: source <(lmm completion bash)"
        "_lmm() {"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words="
        "    if (( COMP_CWORD == 1 )); then"
        $"        words='{spaced (names commands)} --help --version'"
        "    else"
        "        case \"${COMP_WORDS[1]} $before\" in"
        for command in commands do
            for name, words in followers command do
                $"            '{command.Name} {name}') words='{spaced words}' ;;"
        "            *)"
        "                [[ $word == -* ]] && case ${COMP_WORDS[1]} in"
        for command in commands do
            $"                    {command.Name}) words='{spaced (optionNames command)}' ;;"
        "                esac ;;"
        "        esac"
        "    fi"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
        "}"
        "complete -o default -F _lmm lmm"
    ]

    /// For zsh: <c>source &lt;(lmm completion zsh)</c>.
    let zsh (commands: Command list) : string list =
        let described (command: Command) =
            let purpose = command.Purpose.Replace("'", "'\\''").Replace(":", "\\:")
            $"        '{command.Name}:{purpose}'"

        [
            "# Completion of lmm for zsh; put it to use by: source <(lmm completion zsh)"
            "_lmm() {"
            "    if (( CURRENT == 2 )); then"
            "        local -a commands=("
            for command in commands do
                described command
            "        )"
            "        _describe command commands"
            "        return"
            "    fi"
            "    case \"$words[2] $words[CURRENT-1]\" in"
            for command in commands do
                for name, words in followers command do
                    $"        '{command.Name} {name}') compadd -- {spaced words}; return ;;"
            "    esac"
            "    if [[ $PREFIX == -* ]]; then"
            "        case $words[2] in"
            for command in commands do
                $"            {command.Name}) compadd -- {spaced (optionNames command)} ;;"
            "        esac"
            "    else"
            "        _files"
            "    fi"
            "}"
            "compdef _lmm lmm"
        ]

    /// For fish: <c>lmm completion fish | source</c>.
    let fish (commands: Command list) : string list =
        let quoted (text: string) =
            let escaped = text.Replace("\\", "\\\\").Replace("'", "\\'")
            $"'{escaped}'"

        // A name of one letter is short.
        let flag (name: string) =
            if name.StartsWith "--" then
                $"-l {name.Substring 2}"
            else
                $"-s {name.Substring 1}"

        let value kind =
            match kind, wordsOf kind with
            | ArgumentKind.Switch, _ -> ""
            | ArgumentKind.File _, _ -> " -r -F"
            | _, [] -> " -x"
            | _, words -> $" -x -a {quoted (spaced words)}"

        [
            "# Completion of lmm for fish; put it to use by: lmm completion fish | source"
            for command in commands do
                $"complete -c lmm -n __fish_use_subcommand -f -a {command.Name} -d {quoted command.Purpose}"
            for command in commands do
                let only = $"complete -c lmm -n '__fish_seen_subcommand_from {command.Name}'"

                match command.Words with
                | first :: _ when not (wordsOf first.Kind).IsEmpty ->
                    $"{only} -a {quoted (spaced (wordsOf first.Kind))}"
                | _ -> ()

                for option in Command.options command do
                    let flags = OptionTable.names option |> List.map flag |> spaced
                    $"{only} {flags}{value option.Kind} -d {quoted option.Help}"
        ]

    /// For PowerShell: <c>lmm completion pwsh | Out-String | Invoke-Expression</c>.
    let pwsh (commands: Command list) : string list =
        let quoted (words: string list) =
            words |> List.map (fun word -> $"'{word}'") |> String.concat ", "

        let firsts = names commands @ [ "--help"; "--version" ]

        [
            "# Completion of lmm for PowerShell; put it to use by: lmm completion pwsh | Out-String | Invoke-Expression"
            "Register-ArgumentCompleter -Native -CommandName lmm -ScriptBlock {"
            "    param($word, $ast, $position)"
            "    $options = @{"
            for command in commands do
                $"        '{command.Name}' = @({quoted (optionNames command)})"
            "    }"
            "    $values = @{"
            for command in commands do
                for name, words in followers command do
                    $"        '{command.Name} {name}' = @({quoted words})"
            "    }"
            "    $parts = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { \"$_\" })"
            "    $candidates = if ($parts.Count -lt 2) {"
            $"        @({quoted firsts})"
            "    } elseif ($values.ContainsKey(\"$($parts[1]) $($parts[-1])\")) {"
            "        $values[\"$($parts[1]) $($parts[-1])\"]"
            "    } elseif ($word -like '-*') {"
            "        $options[$parts[1]]"
            "    }"
            "    $candidates | Where-Object { $_ -like \"$word*\" }"
            "}"
        ]
