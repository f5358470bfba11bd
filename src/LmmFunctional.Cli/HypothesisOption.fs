namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The option <c>--test</c>: linear functions of the fixed effects.</summary>
[<RequireQualifiedAccess>]
module internal HypothesisOption =

    /// The option.
    let option =
        OptionTable.repeated
            "--test"
            "FUNCTIONS"
            "linear functions of the fixed effects, named or not: \"A - B: recipeA - recipeB; half: 1/2*x - 1/2*z = 3\"; each is tested, and all of one --test together; may be repeated."

    /// Tests of the functions, or the problems of all of them.
    let tests (options: OptionValues) (inference: Inference) : Result<HypothesisTest list, LmmError list> =
        OptionValues.all option.Name options
        |> List.map (fun text ->
            LinearHypothesis.parse inference.Fit.Design text
            |> Result.bind (fun hypothesis -> Inference.test 0.95 hypothesis inference))
        |> Results.all
