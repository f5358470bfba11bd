namespace LmmFunctional.Analysis

open LmmFunctional

/// <summary>Which variables marginal means are taken over, and which hold them apart.</summary>
type MarginalSpec = {
    /// Compared with each other; the first varies fastest.
    Over: string list
    /// Each combination of their levels is a family of its own.
    By: string list
}

/// <summary>How the variables that are averaged over are weighted.</summary>
[<RequireQualifiedAccess>]
type MarginalWeights =
    /// All levels alike, as in a balanced experiment.
    | Equal
    /// By the rows of each combination of the factors averaged over.
    | Proportional
    /// By the product of each factor's own frequencies.
    | Outer
    /// By the rows of each cell, those of the mean itself.
    | Cells

/// <summary>Reading what marginal means are taken over.</summary>
[<RequireQualifiedAccess>]
module MarginalSpec =

    /// What stands for no variable at all: one mean over everything.
    let internal overall = "1"

    let private separators = [| '*'; ':'; '+'; ',' |]

    let private names (text: string) =
        text.Split separators |> List.ofArray |> List.map _.Trim().Trim('`')

    /// <summary>Variables as text: <c>variety | nitro</c>, <c>a:b</c>, <c>~ a * b | c</c>; 1 for the mean over all of them.</summary>
    /// <returns>The variables, or: a name is missing, stands twice, or there is more than one bar.</returns>
    let parse (text: string) : Result<MarginalSpec, LmmError list> =
        let wrong reason =
            Error [ LmmError.WrongArguments(text, reason) ]

        let check over by =
            let all = over @ by

            if all |> List.exists ((=) "") then
                wrong "a variable is missing; write such as 'variety | nitro'."
            else
                match all |> List.countBy id |> List.tryFind (fun (_, count) -> count > 1) with
                | Some(name, _) -> wrong $"'{name}' stands twice; name each variable once."
                | None -> Ok { Over = over; By = by }

        match text.Trim().TrimStart('~').Split '|' with
        | [| over |] -> check (names over) []
        | [| over; by |] -> check (names over) (names by)
        | _ -> wrong "there is more than one bar; name all 'by' variables after the first."

/// <summary>Weights by name.</summary>
[<RequireQualifiedAccess>]
module MarginalWeights =

    let private known = [
        "equal", MarginalWeights.Equal
        "proportional", MarginalWeights.Proportional
        "outer", MarginalWeights.Outer
        "cells", MarginalWeights.Cells
    ]

    /// The names by which weights are chosen in text.
    let names = known |> List.map fst

    /// The name of weights in text.
    let name weights =
        known |> List.find (fun (_, own) -> own = weights) |> fst

    /// <summary>The weights of a name, whatever its case.</summary>
    /// <returns>The weights, or: the name is not known.</returns>
    let ofName (name: string) : Result<MarginalWeights, LmmError list> =
        match known |> List.tryFind (fun (own, _) -> own = name.ToLowerInvariant()) with
        | Some(_, weights) -> Ok weights
        | None -> Error [ LmmError.UnknownChoice("weighting", name, names) ]
