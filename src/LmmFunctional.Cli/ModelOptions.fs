namespace LmmFunctional.Cli

open System
open System.Globalization
open LmmFunctional

/// <summary>The options that say what a model is, and how it is fitted.</summary>
[<RequireQualifiedAccess>]
module ModelOptions =

    /// The structures of a model. Marginal means have another --weights, so that prior weights have a name there.
    let private structuresWith weights = [
        OptionTable.value weights "COLUMN" "the column of prior weights: residual variances are sigma^2 / weight."
        OptionTable.value
            "--residual"
            "STRUCTURE"
            "the covariance of the residuals, such as \"us(visit | subject) per arm\"."
        OptionTable.repeated
            "--known"
            "NAME=FILE"
            "a matrix that known(NAME | g) refers to, such as A=kinship.csv; may be repeated."
        OptionTable.repeated
            "--pedigree"
            "NAME=FILE"
            "a pedigree that known(NAME | animal) refers to, such as A=pedigree.csv; may be repeated."
    ]

    let private algorithms = [
        "nr", Algorithm.NewtonRaphson
        "fisher", Algorithm.FisherScoring
        "ai", Algorithm.AverageInformation
        "em", Algorithm.Em
        "px-em", Algorithm.PxEm
    ]

    let private budget = [
        OptionTable.value
            "--budget"
            "SECONDS"
            "the patience there is: crossed effects that take longer are solved for by iteration, log determinants sampled."
    ]

    /// How a model is fitted.
    let private fitting = [
        OptionTable.switch "--ml" "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
        OptionTable.repeated
            "--fix"
            "NAME=VALUE"
            "a covariance parameter that is known, such as \"g.(Intercept)=2\", Residual=4 or Residual.rho=0.3; may be repeated."
        OptionTable.repeated
            "--bound"
            "NAME=LOWER..UPPER"
            "the ends of a covariance parameter, such as Residual.rho=0..0.9; one end may be left out; may be repeated."
        OptionTable.repeated
            "--start"
            "NAME=VALUE"
            "where the search starts, such as Residual.range=10; it then has no other start; may be repeated."
        OptionTable.choice
            "--algorithm"
            algorithms
            "observed, expected or average information, EM or PX-EM; ai is the default."
        yield! budget
    ]

    /// The column of prior weights, usually.
    let weights = "--weights"

    /// The structures of a model that is not fitted.
    let structures = structuresWith weights @ budget

    /// Structures and fitting, with the name of the option for prior weights.
    let tableWith weights = structuresWith weights @ fitting

    /// Seconds that a fit may take.
    let budgetOf (options: OptionValues) : Result<float option, string> =
        match OptionValues.tryFind "--budget" options with
        | None -> Ok None
        | Some text ->
            match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, seconds when seconds > 0.0 && Double.IsFinite seconds -> Ok(Some seconds)
            | _ -> Error $"--budget takes a number of seconds above zero, not '{text}'."

    /// Structures and fitting.
    let table = tableWith weights

    /// <summary>The model of the arguments.</summary>
    /// <param name="weights">The name of the option for prior weights.</param>
    /// <param name="data">The data.</param>
    /// <param name="formula">The formula.</param>
    /// <param name="options">The options of the command.</param>
    /// <returns>The model, or what is wrong: a name stands for one matrix, however it is given.</returns>
    let model weights (data: string) (formula: string) (options: OptionValues) : Result<ModelRequest, string> =
        let files name =
            OptionValues.all name options |> NamedValues.files name

        match files "--known", files "--pedigree", DataOptions.reading data options with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok known, Ok pedigrees, Ok reading ->
            match NamedValues.repeated (known @ pedigrees) with
            | Some name -> Error $"two matrices are named '{name}'; give each its own name."
            | None ->
                Ok {
                    Formula = formula
                    Weights = OptionValues.tryFind weights options
                    Residual = OptionValues.tryFind "--residual" options
                    Known = known
                    Pedigrees = pedigrees
                    Reading = reading
                    IsOfSums = false
                }

    /// <summary>How a model is fitted.</summary>
    /// <returns>That, or the first option that cannot be read.</returns>
    let fittingOf (options: OptionValues) : Result<FittingRequest, string> =
        let numbers name =
            OptionValues.all name options |> NamedValues.numbers name

        let bounds = OptionValues.all "--bound" options |> NamedBounds.read

        let algorithm = OptionValues.tryChoice "--algorithm" algorithms options

        match numbers "--fix", bounds, numbers "--start", algorithm, budgetOf options with
        | Error problem, _, _, _, _
        | _, Error problem, _, _, _
        | _, _, Error problem, _, _
        | _, _, _, Error problem, _
        | _, _, _, _, Error problem -> Error problem
        | Ok held, Ok bounds, Ok start, Ok algorithm, Ok budget ->
            Ok {
                Criterion =
                    if OptionValues.contains "--ml" options then
                        Criterion.Ml
                    else
                        Criterion.Reml
                Algorithm = defaultArg algorithm Algorithm.AverageInformation
                Held = held
                Bounds = bounds
                Start = start
                Budget = budget
            }
