namespace LmmFunctional.Charts

open System
open System.Globalization
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Predicted means along a covariate, by the levels of a factor.</summary>
[<RequireQualifiedAccess>]
module internal PredictionCharts =

    let private gridPoints = 40
    let private mostGroups = 7

    let private spec (covariate: Covariate) (factor: string option) : MarginalSpec = {
        Over = [ covariate.Name ]
        By = Option.toList factor
    }

    let private parsed (text: string) =
        Double.Parse(text, CultureInfo.InvariantCulture)

    // The first factor whose levels have colours of their own.
    let private firstFactor (fit: Fit) =
        Covariate.factors fit
        |> List.tryFind (fun (_, levels) -> levels.Length <= mostGroups)
        |> Option.map fst

    let private groupOf (mean: MarginalMean) =
        mean.Group |> List.map snd |> String.concat " "

    /// The level of each row of a factor of the grid.
    let private levelsOf (fit: Fit) name : string[] option =
        ReferenceGrid.axes fit.Design []
        |> Result.toOption
        |> Option.bind (List.tryFind (fun axis -> axis.Name = name))
        |> Option.bind (fun axis ->
            axis.Codes
            |> Option.map (Array.map (fun code -> if code < 0 then "" else axis.Labels[code])))

    /// Means with their bands, a row for each point of a curve.
    let private curvesOf hasGroups (known: (string * float * Estimate) list) =
        Drawing.frame [
            if hasGroups then
                "group", known |> List.map (fun (group, _, _) -> group) |> Column.ofStrings
            "x", known |> List.map (fun (_, x, _) -> x) |> Column.ofFloats
            "mean", known |> List.map (fun (_, _, own) -> own.Estimate) |> Column.ofFloats
            "se", known |> List.map (fun (_, _, own) -> own.StandardError) |> Column.ofFloats
            "lower", known |> List.map (fun (_, _, own) -> own.Lower) |> Column.ofFloats
            "upper", known |> List.map (fun (_, _, own) -> own.Upper) |> Column.ofFloats
        ]

    /// The rows that are drawn.
    let private rowsOf (fit: Fit) (covariate: Covariate) (drawn: int[]) (levels: string[] option) =
        let pick (values: float[]) =
            drawn |> Seq.map (fun row -> values[row]) |> Column.ofFloats

        Drawing.frame [
            "row", drawn |> Seq.map (fun row -> fit.Design.Rows[row] + 1) |> Column.ofInts
            match levels with
            | Some levels -> "group", drawn |> Seq.map (fun row -> levels[row]) |> Column.ofStrings
            | None -> ()
            "x", pick covariate.Values
            "y", pick fit.Design.Response
        ]

    let private averagedOver (means: MarginalMeans) =
        match means.AveragedOver with
        | [] -> ""
        | names ->
            let names = String.concat ", " names
            $", averaged over {names}"

    /// A colour for each level of the factor, if there is one.
    let private colour (factor: string option) groups = [
        match factor with
        | Some name -> Channel.namesIn groups "color" "group" name
        | None -> ()
    ]

    let private dye (factor: string option) layer =
        if factor.IsNone then
            Drawing.coloured Theme.blue layer
        else
            layer

    /// The data.
    let private points (covariate: Covariate) response factor groups hasLevels count =
        let x = Channel.number "x" "x" covariate.Name
        let y = Channel.number "y" "y" response

        Layer.create "point" "data" ([ x; y ] @ (if hasLevels then colour factor groups else []))
        |> dye factor
        |> Layer.styled [
            "filled", Json.Bool true
            "size", Json.Number(if count > 500 then 12.0 else 30.0)
            "opacity", Json.Number 0.5
        ]
        |> Layer.telling [ "row", "row"; "x", covariate.Name; "y", response ]

    /// The means with their bands.
    let private lines (covariate: Covariate) response factor (groups: string list) =
        let x = Channel.number "x" "x" covariate.Name
        let y field = Channel.number "y" field response
        let colour = colour factor groups

        [
            Drawing.band "means" ([ x; y "lower"; Channel.other "y2" "upper" ] @ colour)
            |> dye factor
            |> Layer.styled [ "opacity", Json.Number(if groups.Length > 1 then 0.11 else 0.18) ]
            Drawing.line "means" ([ x; y "mean" ] @ colour)
            |> dye factor
            |> Layer.telling [
                match factor with
                | Some name -> "group", name
                | None -> ()
                "x", covariate.Name
                "mean", "mean"
                "lower", "from"
                "upper", "to"
            ]
        ]

    let private draw (along: string option) (factor: string option) (inference: Inference) =
        let fit = inference.Fit
        let kind = "predictions"

        Covariate.find kind along (fun _ -> true) fit
        |> Result.bind (fun covariate ->
            let options = {
                MarginalOptions.defaults with
                    At = [ covariate.Name, Covariate.grid gridPoints covariate.Values ]
            }

            MarginalMeans.create options (spec covariate factor) inference
            |> Result.map (fun means ->
                let known = [
                    for mean in means.Means do
                        match mean.Estimate with
                        | Ok own -> groupOf mean, parsed (snd mean.Levels.Head), own
                        | Error _ -> ()
                ]

                let groups = known |> List.map (fun (group, _, _) -> group) |> List.distinct
                let response = Drawing.response fit

                let curves = curvesOf factor.IsSome known

                // Sums of rows are no points.
                let hasRows = not (Drawing.isOfSums fit)
                let count = if hasRows then fit.Observations else 0
                let drawn = Drawing.drawn count []

                let levels = factor |> Option.bind (levelsOf fit)
                let data = rowsOf fit covariate drawn levels

                let averaged = averagedOver means
                let pointsAre = if hasRows then "; points are the data" else ""

                let byWords =
                    match factor with
                    | Some name -> $" by {name}"
                    | None -> ""

                Drawing.chart
                    kind
                    $"Predicted mean of {response} along {covariate.Name}{byWords}"
                    (Drawing.formula fit
                     :: $"population means with 95 %% confidence bands{averaged}{pointsAre}"
                     :: Drawing.drawnNote drawn count)
                    $"Lines of the predicted mean of {response} along {covariate.Name}{byWords}, with 95 %% confidence bands, over the data."
                    [
                        "means", curves
                        if hasRows then
                            "data", data
                    ]
                    (View.Layers [
                        if hasRows then
                            points covariate response factor groups levels.IsSome drawn.Length
                        yield! lines covariate response factor groups
                    ])))

    /// <summary>Marginal means along a covariate with bands, over the data.</summary>
    /// <param name="along">The covariate; the first of the fixed effects without it.</param>
    /// <param name="by">The factor; the first with few levels without it, if there is one.</param>
    /// <param name="inference">The fit and the method for degrees of freedom.</param>
    let create (along: string option) (by: string option) (inference: Inference) : Result<ChartSpec, LmmError list> =
        draw along (by |> Option.orElse (firstFactor inference.Fit)) inference

    /// The same along a covariate, without a factor where none is named.
    let createAlong (covariate: string) (by: string option) (inference: Inference) : Result<ChartSpec, LmmError list> =
        draw (Some covariate) by inference
