namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Correlations within subjects: by lag, by distance, of all pairs of rows; and those of the fixed effects.</summary>
[<RequireQualifiedAccess>]
module internal CorrelationCharts =

    /// The subjects of a fit with their order, and what a check finds of them.
    let private ofSeries kind check (source: ResidualSource) : Result<ModelCheck, LmmError list> =
        if Drawing.isOfSums source.Fit then
            Drawing.nothing kind Drawing.noRows
        elif source.Fit.HasNoResidual then
            Drawing.nothing kind "the residual variance is zero."
        else
            SubjectSeries.find CheckOptions.defaults source.Fit
            |> Result.bind (fun series ->
                match series with
                | None -> Drawing.nothing kind "the model has no subjects of several rows."
                | Some series ->
                    let found: ModelCheck = check series source.Table.Value

                    match found.Outcome with
                    | CheckOutcome.NotApplicable -> Drawing.nothing kind (Drawing.lowered found.Finding)
                    | CheckOutcome.Unremarkable
                    | CheckOutcome.Notable -> Ok found)

    /// Data against model, with bars of two standard errors about the model.
    let private compared kind title place placeTitle value valueTitle (fit: Fit) (check: ModelCheck) =
        let numbers name =
            match check.Table.TryColumn name with
            | Some(Column.Numeric values) -> List.ofSeq values
            | _ -> []

        let model, se = numbers "model", numbers "se"

        let data =
            Drawing.frame [
                place, numbers place |> Column.ofFloats
                "pairs", numbers "pairs" |> Column.ofFloats
                value, numbers value |> Column.ofFloats
                "model", Column.ofFloats model
                "lower", List.map2 (fun m s -> m - 2.0 * s) model se |> Column.ofFloats
                "upper", List.map2 (fun m s -> m + 2.0 * s) model se |> Column.ofFloats
                "pAdjusted", numbers "pAdjusted" |> Column.ofFloats
            ]

        let x = Channel.number "x" place placeTitle
        let y field = Channel.number "y" field valueTitle

        let tooltip = [
            place, placeTitle
            value, "data"
            "model", "model"
            "pairs", "pairs"
            "pAdjusted", "adjusted p of the difference"
        ]

        Drawing.chart
            kind
            title
            [
                Drawing.formula fit
                $"{check.Of}; orange: the fitted model with two standard errors of the data about it"
            ]
            check.Finding
            [ "correlations", data ]
            (View.Layers [
                Drawing.band "correlations" [ x; y "lower"; Channel.other "y2" "upper" ]
                |> Drawing.coloured Theme.vermilion
                Drawing.line "correlations" [ x; y "model" ] |> Drawing.coloured Theme.vermilion
                Drawing.line "correlations" [ x; y value ]
                |> Drawing.coloured Theme.blue
                |> Layer.styled [ "strokeWidth", Json.Number 1.0; "opacity", Json.Number 0.6 ]
                Drawing.points data.Rows "correlations" [ x; y value ]
                |> Drawing.coloured Theme.blue
                |> Layer.styled [ "size", Json.Number 55.0; "opacity", Json.Number 1.0 ]
                |> Layer.telling tooltip
            ])

    /// Correlations of responses by lag within subjects, of the data and of the fitted model.
    let lags (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        ofSeries "lags" (SerialCheck.byModel CheckOptions.defaults source.Fit) source
        |> Result.map (
            compared
                "lags"
                "Correlation within subjects by lag: data and model"
                "lag"
                "lag"
                "correlation"
                $"correlation of {Drawing.response source.Fit}"
                source.Fit
        )

    /// The empirical variogram within subjects and that of the fitted model.
    let variogram (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        ofSeries "variogram" (VariogramCheck.create CheckOptions.defaults source.Fit) source
        |> Result.map (
            compared
                "variogram"
                "Variogram within subjects: data and model"
                "distance"
                "distance"
                "variogram"
                "half squared difference of Pearson residuals"
                source.Fit
        )

    // Heat maps

    let private heatMap kind title subtitle description (names: string list) (value: int -> int -> float) =
        let pairs = List.allPairs (List.indexed names) (List.indexed names)
        let text f = pairs |> List.map f |> Column.ofStrings

        let data =
            Drawing.frame [
                "first", text (fun ((_, a), _) -> a)
                "second", text (fun (_, (_, b)) -> b)
                "correlation", pairs |> List.map (fun ((i, _), (j, _)) -> value i j) |> Column.ofFloats
            ]

        let side =
            names.Length * (if names.Length > 16 then 22 else 34) |> max 140 |> min 620

        let axis angle =
            Json.Object [
                "labelAngle", Json.Number angle
                "labelOverlap", Json.Bool false
                "grid", Json.Bool false
                "domain", Json.Bool false
                "ticks", Json.Bool false
            ]

        let x =
            Channel.namesIn names "x" "second" ""
            |> Channel.withProperty
                "axis"
                (axis (
                    if names |> List.forall (fun name -> name.Length < 4) then
                        0.0
                    else
                        -40.0
                ))

        let y =
            Channel.namesIn names "y" "first" "" |> Channel.withProperty "axis" (axis 0.0)

        let colour =
            Channel.number "color" "correlation" "correlation"
            |> Channel.withProperty
                "scale"
                (Json.Object [
                    "domain", Json.numbers [ -1.0; 0.0; 1.0 ]
                    "range", Json.texts [ Theme.vermilion; "#F2F2F2"; Theme.blue ]
                ])

        let words =
            Channel.text "correlation"
            |> Channel.withProperty "type" (Json.Text "quantitative")
            |> Channel.withProperty "format" (Json.Text ".2f")

        {
            Drawing.chart
                kind
                title
                subtitle
                description
                [ "correlations", data ]
                (View.Layers [
                    Layer.create "rect" "correlations" [ x; y; colour ]
                    |> Layer.telling [ "first", "of"; "second", "and"; "correlation", "correlation" ]
                    if names.Length <= 14 then
                        Layer.create "text" "correlations" [ x; y; words ]
                        |> Layer.where "abs(datum.correlation) <= 0.6"
                        |> Layer.styled [ "color", Json.Text "#222222"; "tooltip", Json.Bool false ]

                        Layer.create "text" "correlations" [ x; y; words ]
                        |> Layer.where "abs(datum.correlation) > 0.6"
                        |> Layer.styled [ "color", Json.Text "#ffffff"; "tooltip", Json.Bool false ]
                ]) with
                Width = side
                Height = side
        }

    /// Correlations of the estimates of the fixed effects.
    let coefficients (fit: Fit) : Result<ChartSpec, LmmError list> =
        if fit.FixedCount < 2 then
            Drawing.nothing "coefficient-correlation" "the model has fewer than two fixed effects."
        else
            let correlation = Matrix.toCorrelation fit.CoefficientCovariance

            heatMap
                "coefficient-correlation"
                "Correlations of the estimated fixed effects"
                [ Drawing.formula fit ]
                $"Correlations of the estimates of {fit.FixedCount} fixed effects, as a heat map."
                (List.ofSeq fit.Design.Fixed.Names)
                (fun i j -> correlation[i, j])
            |> Ok

    // Rows of a subject that can be read on a map.
    let private mostRows = 24

    /// The label of a row: its number, and its place along the order of the subject where that is a number.
    let private labels (fit: Fit) (series: SubjectSeries) (rows: int[]) =
        let places =
            match series.Coordinates with
            | Some coordinates ->
                rows
                |> Array.map (fun row -> coordinates[row] |> Array.map (NumberText.significant 4) |> String.concat ", ")
            | None -> [||]

        if Array.length (Array.distinct places) = rows.Length then
            places
        else
            rows |> Array.map (fun row -> $"row {fit.Design.Rows[row] + 1}")

    /// The correlations that the fitted model gives to the responses of one subject: the one with the most rows.
    let subject (fit: Fit) : Result<ChartSpec, LmmError list> =
        let kind = "correlation"

        SubjectSeries.find CheckOptions.defaults fit
        |> Result.bind (fun series ->
            match series, ModelCorrelation.ofFit fit with
            | _ when Drawing.isOfSums fit -> Drawing.nothing kind Drawing.noRows
            | None, _ -> Drawing.nothing kind "the model has no subjects of several rows."
            | _, None ->
                Drawing.nothing kind "the levels of a random term are related; correlations of rows are not formed."
            | Some series, Some correlation ->
                let rows = series.Rows |> Array.maxBy _.Length |> Array.truncate mostRows

                let subject =
                    DiagnosticUnits.find (DiagnosticUnits.Levels series.Subjects) fit
                    |> Result.toOption
                    |> Option.bind (List.tryFind (fun unit -> unit.Rows.Contains rows[0]))
                    |> Option.map _.Name
                    |> Option.defaultValue ""

                heatMap
                    kind
                    $"Correlations within {series.Subjects} by the fitted model"
                    [
                        Drawing.formula fit
                        $"responses of {series.Subjects} {subject} along {series.Along}; random effects and residuals together"
                    ]
                    $"Correlations that the model gives to {rows.Length} responses of {series.Subjects} {subject}, as a heat map."
                    (labels fit series rows |> List.ofArray)
                    (fun i j -> if i = j then 1.0 else correlation rows[i] rows[j])
                |> Ok)
