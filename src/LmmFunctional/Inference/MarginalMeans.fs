namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>How marginal means are taken.</summary>
type MarginalOptions = {
    /// Values of covariates, by name; all others are at their means over the rows used. For a factor of numbers, such as
    /// <c>factor(dose)</c>, levels.
    At: (string * float list) list
    /// <summary>Levels of factors, by name, in this order: only these are in the reference grid. Values of covariates may be
    /// given so too, as text.</summary>
    AtLevels: (string * string list) list
    /// Of the variables averaged over.
    Weights: MarginalWeights
    /// Of the intervals, between 0 and 1.
    Level: float
    /// Whether to go back from a transformed response to its own units.
    OnResponse: bool
}

/// <summary>Options of marginal means.</summary>
[<RequireQualifiedAccess>]
module MarginalOptions =

    /// Covariates at their means, all levels of factors, equal weights, intervals at 95 per cent, the scale of the model.
    let defaults = {
        At = []
        AtLevels = []
        Weights = MarginalWeights.Equal
        Level = 0.95
        OnResponse = false
    }

    /// What variables are set to, as text.
    let internal settings (options: MarginalOptions) : (string * string list) list =
        (options.At
         |> List.map (fun (name, values) ->
             name,
             values
             |> List.map (fun value -> value.ToString("R", Globalization.CultureInfo.InvariantCulture))))
        @ options.AtLevels

    let internal check (options: MarginalOptions) =
        Guard.level "Level" options.Level
        Guard.finite "At" "A value of a covariate" (options.At |> List.collect snd)

/// <summary>One marginal mean or slope.</summary>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type MarginalMean = {
    /// The variables it is taken over, with their levels.
    Levels: (string * string) list
    /// The 'by' variables with their levels: the family.
    Group: (string * string) list
    /// Estimate, standard error, df and interval; p against zero on the scale of the model. Or why the data do not
    /// determine it.
    Estimate: Result<Estimate, LmmError>
} with

    member private this.Display =
        let names = this.Levels @ this.Group |> List.map snd |> String.concat " "

        match this.Estimate with
        | Ok own -> string { own with Name = names }
        | Error problem -> $"{names}: {LmmError.describe problem}"

    /// The levels with the estimate, its test and interval, or why there is none.
    override this.ToString() = this.Display


/// <summary>What marginal means are made of, for comparisons of them.</summary>
[<ReferenceEquality>]
type MarginalBasis = internal {
    Inference: Inference
    Functions: MarginalFunctions
    Options: MarginalOptions
    Scale: ResponseScale option
}

/// <summary>Marginal means or slopes, in the order of their levels, the first variable fastest.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type MarginalMeans = {
    Means: MarginalMean list
    /// The variables compared.
    Over: string list
    /// The variables that hold families apart.
    By: string list
    /// What is estimated, in words: the mean of yield, the slope of weight with Time.
    Quantity: string
    /// The variables averaged over.
    AveragedOver: string list
    /// The variables held at one value, covariates at their means.
    HeldAt: (string * string) list
    Weights: MarginalWeights
    Level: float
    /// How degrees of freedom were found.
    Method: DegreesOfFreedomMethod
    Basis: MarginalBasis
} with

    member private this.Display =
        Display.below $"{this.Quantity}; {DegreesOfFreedomMethod.describe this.Method}" [
            yield! this.Means |> List.map string |> Display.few

            if not this.AveragedOver.IsEmpty then
                let averaged = String.concat ", " this.AveragedOver
                $"averaged over {averaged}"
        ]

    /// The means, one in a line.
    override this.ToString() = this.Display


/// <summary>Estimated marginal means: the model's means at the combinations of a reference grid, averaged.</summary>
/// <remarks>Source: Searle, Speed and Milliken 1980; Lenth's R package emmeans for the conventions.</remarks>
[<RequireQualifiedAccess>]
module MarginalMeans =

    let internal labelOf (levels: (string * string) list) =
        levels |> List.map snd |> String.concat " "

    /// What a row is called in messages: its levels, and those of its family.
    let internal nameOf levels group =
        match labelOf group with
        | "" -> labelOf levels
        | family -> $"{labelOf levels}, {family}"

    let internal shifted by (own: Estimate) : Estimate = {
        own with
            Estimate = own.Estimate + by
            Lower = own.Lower + by
            Upper = own.Upper + by
            Statistic = own.Statistic + by / own.StandardError
            P = Probability.twoSided own.Df (own.Statistic + by / own.StandardError)
    }

    let private estimate level scale (inference: Inference) (row: MarginalFunction) : MarginalMean =
        let name = nameOf row.Levels row.Group

        let found =
            row.Coefficients
            |> Result.bind (fun coefficients ->
                Inference.estimate level name coefficients inference
                |> Result.mapError List.head)
            |> Result.map (fun own -> if row.Known = 0.0 then own else shifted row.Known own)
            |> Result.map (fun own ->
                match scale with
                | Some scale -> ResponseScale.apply scale own
                | None -> own)

        {
            Levels = row.Levels
            Group = row.Group
            Estimate = found
        }

    let internal assemble quantity (basis: MarginalBasis) : MarginalMeans = {
        Means =
            basis.Functions.Rows
            |> List.map (estimate basis.Options.Level basis.Scale basis.Inference)
        Over = basis.Functions.Spec.Over
        By = basis.Functions.Spec.By
        Quantity = quantity
        AveragedOver = basis.Functions.Averaged
        HeldAt = basis.Functions.Held
        Weights = basis.Options.Weights
        Level = basis.Options.Level
        Method = basis.Inference.Method
        Basis = basis
    }

    let private scaleOf (options: MarginalOptions) (design: Design) =
        if options.OnResponse then
            ResponseScale.ofDesign design |> Result.map Some
        else
            Ok None

    /// <summary>Marginal means.</summary>
    /// <param name="options">Covariate values, weights, level and scale.</param>
    /// <param name="spec">What the means are taken over.</param>
    /// <param name="inference">The fit and the method for degrees of freedom.</param>
    /// <returns>The means, or: variables that are not in the model, values that do not fit, a response without
    /// inverse.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; a value of a covariate is not
    /// finite.</exception>
    /// <remarks>Means over a nested factor are shown for each level with those of the factors it is nested in.</remarks>
    let create
        (options: MarginalOptions)
        (spec: MarginalSpec)
        (inference: Inference)
        : Result<MarginalMeans, LmmError list> =
        MarginalOptions.check options
        let design = inference.Fit.Design

        let functions =
            ReferenceGrid.axes design (MarginalOptions.settings options)
            |> Result.bind (fun axes ->
                MarginalFunctions.create design options.Weights axes spec (fun ordered ->
                    ReferenceGrid.columns design ordered None))

        Problems.both functions (scaleOf options design)
        |> Result.map (fun (functions, scale) ->
            let response =
                match scale with
                | Some scale -> scale.Name
                | None -> ExprText.deparse design.Spec.Response

            assemble $"the mean of {response}" {
                Inference = inference
                Functions = functions
                Options = options
                Scale = scale
            })

    /// <summary>Marginal means over variables written as text: <c>variety | nitro</c>.</summary>
    /// <returns>The means, or what is wrong with the text, as for <c>create</c>.</returns>
    let over (options: MarginalOptions) (text: string) (inference: Inference) : Result<MarginalMeans, LmmError list> =
        MarginalSpec.parse text
        |> Result.bind (fun spec -> create options spec inference)
