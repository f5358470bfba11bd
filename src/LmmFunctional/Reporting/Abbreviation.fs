namespace LmmFunctional.Analysis

open System

/// <summary>Short names for the heads of narrow columns.</summary>
/// <remarks>As R's <c>abbreviate</c>, but capitals, digits and signs all stay.</remarks>
[<RequireQualifiedAccess>]
module internal Abbreviation =

    let private isVowel (letter: char) = "aeiou".Contains letter

    /// Leaves out letters from the right, never the first of a word, until the name is short enough.
    let private without (mayDrop: char -> bool) length (name: string) =
        let isInside at = at > 0 && name[at - 1] <> ' '
        let mutable excess = name.Length - length

        let kept =
            Array.init name.Length (fun back ->
                let at = name.Length - 1 - back

                if excess > 0 && isInside at && mayDrop name[at] then
                    excess <- excess - 1
                    ""
                else
                    string name[at])

        kept |> Array.rev |> String.Concat

    let private shorten length name =
        name
        |> without isVowel length
        |> without Char.IsAsciiLetterLower length
        |> without (fun letter -> letter = ' ') length

    /// <summary>The names, each shortened towards a length, longer where two would read the same.</summary>
    let rec distinct (length: int) (names: string list) : string list =
        let short = names |> List.map (shorten length)
        let longest = names |> List.fold (fun longest name -> max longest name.Length) 0

        if
            length >= longest
            || List.length (List.distinct short) = List.length (List.distinct names)
        then
            short
        else
            distinct (length + 1) names
