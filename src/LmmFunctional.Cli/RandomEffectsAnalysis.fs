namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>The command <c>lmm ranef</c>.</summary>
[<RequireQualifiedAccess>]
module internal RandomEffectsAnalysis =

    let private options = [
        OptionTable.value "--group" "FACTOR" "the random effects of one grouping factor only."
    ]

    let private chosen group (fit: Fit) =
        let terms = Fit.randomEffects fit

        match group with
        | None -> Ok terms
        | Some group ->
            match terms |> List.filter (fun term -> term.Group = group) with
            | [] ->
                Error [
                    LmmError.UnknownChoice("grouping factor", group, terms |> List.map _.Group |> List.distinct)
                ]
            | own -> Ok own

    let private result (fit: Fit) terms =
        let formula = Formula.print fit.Spec

        CommandResult.ofTables
            [
                "Random effects"
                $"Formula: {formula}"
                "mode: the BLUP; sd: of the effect given data and fixed effects; pev: variance of the BLUP less the effect"
            ]
            [ "formula", formula ] [ "effects", DiagnosticFrames.randomEffects terms ] []

    /// Predicted random effects with their precision.
    let analysis: Analysis = {
        Name = "ranef"
        First = None
        Purpose = "list random effects (BLUPs) with standard deviations, PEV and reliabilities."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --csv"
        Options = options
        Methods = None
        Weights = ModelOptions.weights
        OfSums = true
        Check = fun _ -> []
        Read =
            fun arguments _ ->
                let group = OptionValues.tryFind "--group" arguments.Options
                Ok(fun _ fitted -> chosen group fitted.Fit |> Result.map (result fitted.Fit))
    }
