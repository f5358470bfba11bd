namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A linear function λ₁ᵀβ + λ₂ᵀu of fixed and random effects, by the names of the effects.</summary>
type LinearCombination = {
    Name: string
    /// Names of fixed effects with their coefficients.
    Fixed: (string * float) list
    /// Grouping factor, level and effect with their coefficients.
    Random: ((string * string * string) * float) list
}

/// <summary>Linear functions of fixed and random effects.</summary>
[<RequireQualifiedAccess>]
module LinearCombination =

    /// <summary>A function of fixed effects alone.</summary>
    let ofFixed (name: string) (coefficients: (string * float) list) : LinearCombination = {
        Name = name
        Fixed = coefficients
        Random = []
    }

    /// <summary>The effect of one level less that of another.</summary>
    let difference (group: string) (effect: string) (first: string) (second: string) : LinearCombination = {
        Name = $"{group} {effect}: {first} - {second}"
        Fixed = []
        Random = [ (group, first, effect), 1.0; (group, second, effect), -1.0 ]
    }

    /// <summary>The name of the random effect of a level: <c>Subject[308].Days</c>.</summary>
    let randomName (group: string) (level: string) (effect: string) = $"{group}[{level}].{effect}"

    /// Names of all fixed effects, and of all random effects of all levels.
    let private namesOf (fit: Fit) =
        Seq.toArray fit.Design.Fixed.AllNames,
        [|
            for term in fit.Design.Random do
                for level in term.Levels do
                    for effect in term.Names -> term.Group, level, effect
        |]

    /// <summary>Functions from text: names with signs, numbers and fractions, semicolons between functions, a name and a colon
    /// before one: <c>"308 at day 5: (Intercept) + 5 Days + Subject[308].(Intercept) + 5 Subject[308].Days"</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fit">The fit whose effects it names.</param>
    /// <returns>The functions in their order; or what cannot be read: names that the fit does not have, a constant.</returns>
    let parse (text: string) (fit: Fit) : Result<LinearCombination list, LmmError list> =
        let ofFixed, ofRandom = namesOf fit

        let names =
            Array.append
                ofFixed
                (ofRandom
                 |> Array.map (fun (group, level, effect) -> randomName group level effect))

        let weighted (items: 'name[]) (weights: float[]) =
            Seq.zip items weights
            |> Seq.filter (fun (_, weight) -> weight <> 0.0)
            |> List.ofSeq

        HypothesisText.parseFunctions "effect" names text
        |> Result.map (
            List.map (fun row -> {
                Name = row.Label
                Fixed = weighted ofFixed row.Weights
                Random = weighted ofRandom (Array.skip ofFixed.Length row.Weights)
            })
        )

    let private unknown (kind: string) (name: string) (known: string list) =
        Error [ LmmError.UnknownChoice(kind, name, List.truncate 10 known) ]

    /// The term, the level and the place of an effect.
    let private locate (fit: Fit) (group: string, level: string, effect: string) =
        let terms =
            fit.Design.Random
            |> List.indexed
            |> List.filter (fun (_, term) -> term.Group = group)

        if terms.IsEmpty then
            unknown "grouping factor" group (fit.Design.Random |> List.map _.Group |> List.distinct)
        else
            match terms |> List.tryFind (fun (_, term) -> term.Names.Contains effect) with
            | None ->
                unknown $"effect of '{group}'" effect (terms |> List.collect (fun (_, term) -> List.ofSeq term.Names))
            | Some(t, term) ->
                match term.Levels.IndexOf level with
                | -1 ->
                    Error [
                        LmmError.NoSuchLevel(group, level, Nearest.suggest term.Levels level, List.ofSeq term.Levels)
                    ]
                | at -> Ok(t, at, term.Names.IndexOf effect, term.Names.Length)

    let private fixedOf (fit: Fit) (combination: LinearCombination) =
        let design = fit.Design.Fixed

        combination.Fixed
        |> List.map (fun (name, weight) ->
            match design.AllNames.IndexOf name with
            | -1 -> Error [ LmmError.UnknownCoefficient(name, Nearest.suggest design.AllNames name) ]
            | at -> Ok(at, weight))
        |> Problems.all
        |> Result.bind (fun parts ->
            let whole: float[] = Array.zeroCreate design.AllNames.Length

            for at, weight in parts do
                whole[at] <- whole[at] + weight

            Estimable.reduce design combination.Name whole)

    /// <summary>The functions of a fit as predictions.</summary>
    /// <returns>One row for each; or every effect and level that the fit does not have, and functions that are not estimable.
    /// </returns>
    let internal toRows (fit: Fit) (combinations: LinearCombination list) : Result<PredictionRow[], LmmError list> =
        combinations
        |> List.mapi (fun index combination ->
            Guard.finite (nameof combinations) "A coefficient" (List.map snd combination.Fixed)
            Guard.finite (nameof combinations) "A coefficient" (List.map snd combination.Random)

            let random =
                combination.Random
                |> List.map (fun (name, weight) -> locate fit name |> Result.map (fun place -> place, weight))
                |> Problems.all

            Problems.both (fixedOf fit combination) random
            |> Result.map (fun (ofFixed, ofRandom) ->
                let known =
                    ofRandom
                    |> List.groupBy (fun ((t, level, _, _), _) -> t, level)
                    |> List.map (fun ((t, level), parts) ->
                        let (_, _, _, order), _ = parts.Head
                        let z: float[] = Array.zeroCreate order

                        for (_, _, at, _), weight in parts do
                            z[at] <- z[at] + weight

                        struct (t, level, z))

                {
                    Row = index
                    Fixed = ofFixed
                    Offset = 0.0
                    Known = known
                    New = []
                    NewLevels = []
                    Weight = 1.0
                }))
        |> Problems.all
        |> Result.map Array.ofList
