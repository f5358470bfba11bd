namespace LmmFunctional.Model

/// <summary>Finding the name a user probably meant.</summary>
[<RequireQualifiedAccess>]
module Nearest =

    /// <summary>The number of edits between two names, whatever their case.</summary>
    /// <returns>Insertions, deletions, replacements and swaps of neighbours that turn one into the other.</returns>
    /// <remarks>Cost O(length of a × length of b). Optimal string alignment: no part of a name is edited twice
    /// (Damerau 1964; recurrence of Wagner and Fischer 1974).</remarks>
    let distance (a: string) (b: string) =
        let a, b = a.ToUpperInvariant(), b.ToUpperInvariant()
        let edits = Array2D.zeroCreate (a.Length + 1) (b.Length + 1)

        for i in 0 .. a.Length do
            for j in 0 .. b.Length do
                if min i j = 0 then
                    edits[i, j] <- max i j
                else
                    let replaced = if a[i - 1] = b[j - 1] then 0 else 1
                    let kept = edits[i - 1, j - 1] + replaced
                    let best = min kept (1 + min edits[i - 1, j] edits[i, j - 1])
                    let isSwap = i > 1 && j > 1 && a[i - 1] = b[j - 2] && a[i - 2] = b[j - 1]
                    edits[i, j] <- if isSwap then min best (edits[i - 2, j - 2] + 1) else best

        edits[a.Length, b.Length]

    // One edit for every three letters: a name of one or two letters is only offered for another case,
    // because any two short names are close to each other.
    let private tolerance (name: string) = name.Length / 3

    /// <summary>The candidate closest to a name, if one is close enough to be worth asking about.</summary>
    /// <param name="candidates">The names that exist, in the order that decides between equally close ones.</param>
    /// <param name="name">The name that was not found.</param>
    /// <returns>The first candidate of least distance, at most one edit for every three letters.</returns>
    let suggest (candidates: string seq) (name: string) : string option =
        let allowed = tolerance name

        let close = [
            for candidate in candidates do
                // Very different lengths cannot be close: skipping them keeps long candidates cheap.
                if abs (name.Length - candidate.Length) <= allowed then
                    let edits = distance name candidate

                    if edits <= allowed then
                        candidate, edits
        ]

        match close with
        | [] -> None
        | _ -> Some(close |> List.minBy snd |> fst)
