namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Language
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Charts

/// <summary>What a chart is asked for with.</summary>
[<NoComparison; NoEquality>]
type internal ChartRequest = {
    Fit: Fit
    /// The fit made ready for tests, when a chart needs it.
    Inference: unit -> Result<Inference, LmmError list>
    /// Rows, or the levels of a factor.
    Units: DiagnosticUnits
    /// A grouping factor or a factor, where one is named.
    By: string option
    Along: string option
    /// Variables of marginal means.
    Over: string option
    Bootstrap: BootstrapOptions
}

/// <summary>The kinds of charts by name.</summary>
[<RequireQualifiedAccess>]
module internal ChartKinds =

    let private means (request: ChartRequest) =
        let over =
            request.Over
            |> Option.orElse (
                // The first factor of the fixed effects.
                request.Fit.Design.FixedEffects.Terms
                |> Seq.tryFind (fun term -> not term.Factors.IsEmpty)
                |> Option.map TermText.deparse
            )
            |> Option.defaultValue "1"

        request.Inference()
        |> Result.bind (MarginalMeans.over MarginalOptions.defaults over)

    let private influence (request: ChartRequest) =
        Lmm.influence
            {
                InfluenceOptions.defaults with
                    Units = request.Units
            }
            request.Fit
        |> Result.bind (Chart.influence request.Units request.Fit)

    let private outliers (request: ChartRequest) =
        Lmm.outliers
            (OutlierModel.MeanShift {
                MeanShiftOptions.defaults with
                    Units = request.Units
                    Adjustment = Adjustment.Holm
            })
            request.Fit
        |> Result.bind (Chart.outliers request.Units request.Fit)

    let private curves (request: ChartRequest) =
        Profile.targets request.Fit
        |> List.map (fun target -> Profile.curve 3.0 target request.Fit)
        |> List.choose Result.toOption

    let private subjects (request: ChartRequest) =
        match request.By, request.Along with
        | None, None -> Chart.subjects request.Fit
        | group, along -> Chart.subjectsBy group along request.Fit

    let private predictions (request: ChartRequest) =
        request.Inference()
        |> Result.bind (fun inference ->
            match request.Along with
            | Some covariate -> Chart.predictionsAlong covariate request.By inference
            | None -> Chart.predictions inference)

    let private bootstrap (request: ChartRequest) =
        Bootstrap.run request.Bootstrap request.Fit |> Result.bind Chart.bootstrap

    let private field (request: ChartRequest) =
        match request.Over with
        | None -> Chart.field request.Fit
        | Some text ->
            match OptionValues.words text with
            | [ first; second ] -> Chart.fieldOver first second request.Fit
            | _ ->
                Error [
                    LmmError.WrongArguments("--over", "a map needs two columns, such as row,column.")
                ]

    let private ofFit make (request: ChartRequest) = make request.Fit

    /// Names, what they show, and how they are drawn.
    let all: (string * string * (ChartRequest -> Result<ChartSpec, LmmError list>)) list = [
        "panel", "the charts to look at first", ofFit Chart.panel
        "residuals", "residuals against fitted values", ofFit Chart.residuals
        "scale-location", "spread of the residuals along the fit", ofFit Chart.scaleLocation
        "qq", "normal quantiles of residuals with an envelope", ofFit Chart.qq
        "leverage", "residuals against leverages", ofFit Chart.leverage
        "effects-qq", "normal quantiles of random effects", ofFit Chart.effectsQq
        "caterpillar", "random effects with intervals", ofFit Chart.caterpillar
        "subjects", "data and curves of each subject (--by, --along)", subjects
        "predictions", "means along a covariate (--along, --by)", predictions
        "means", "marginal means with letters (--over)", means >> Result.bind Chart.means
        "interaction", "means of two factors as lines (--over)", means >> Result.bind Chart.interaction
        "coefficients",
        "fixed effects with intervals",
        fun request ->
            request.Inference()
            |> Result.bind (fun own -> Chart.coefficients [ Formula.print request.Fit.Spec, own ])
        "influence", "Cook's distances (--by)", influence
        "outliers", "mean shifts (--by)", outliers
        "profile", "profile ζ of all parameters", curves >> Chart.profile
        "likelihood", "profile likelihood of all parameters", curves >> Chart.likelihood
        "lags", "correlation within subjects by lag", ofFit Chart.lags
        "variogram", "variogram within subjects", ofFit Chart.variogram
        "correlation", "correlations of one subject's rows", ofFit Chart.correlation
        "coefficient-correlation", "correlations of the fixed effects", ofFit Chart.coefficientCorrelation
        "bootstrap", "densities of refits (--replicates, --seed)", bootstrap
        "trace", "convergence of the fit", ofFit Chart.trace
        "field", "map of residuals (--over ROW,COLUMN)", field
    ]

    /// The names of all kinds.
    let names = all |> List.map (fun (name, _, _) -> name)

    /// How a kind is drawn; or that there is no such kind.
    let find name =
        match all |> List.tryFind (fun (own, _, _) -> own = name) with
        | Some(_, _, draw) -> Ok draw
        | None ->
            let known = String.concat ", " names
            Error $"there is no chart '{name}'; choose one of {known}."
