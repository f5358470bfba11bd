namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Fitted curves of subjects over their data.</summary>
[<RequireQualifiedAccess>]
module internal SubjectCharts =

    // Small multiples that can be read on one page.
    let private mostSubjects = 24
    let private gridPoints = 25

    // With thousands of random effects each prediction takes long, and curves go through fewer points.
    let private manyEffects = 2000
    let private fewPoints = 4

    let private pointsOf (fit: Fit) =
        if fit.RandomCount > manyEffects then
            fewPoints
        else
            gridPoints

    let private termOf kind (group: string option) (fit: Fit) =
        let terms = fit.Design.Random
        let known = terms |> List.map _.Group |> List.distinct

        match group with
        | _ when Drawing.isOfSums fit -> Drawing.nothing kind Drawing.noRows
        | Some name ->
            match terms |> List.tryFind (fun term -> term.Group = name) with
            | Some term -> Ok term
            | None -> Error [ LmmError.UnknownChoice("grouping factor", name, known) ]
        | None ->
            match terms |> List.sortByDescending _.Names.Length with
            | term :: _ -> Ok term
            | [] -> Drawing.nothing kind "the model has no random effects, whose levels are the subjects."

    /// A subject's rows with the covariate at the points of a grid and all else as in its first row.
    let private gridOf
        (fit: Fit)
        (covariate: Covariate)
        (row: int)
        (points: float list)
        : Result<Frame, LmmError list> =
        let data = fit.Design.Schema.Frame
        let rows = Array.create points.Length fit.Design.Rows[row]

        Seq.zip data.Names (data.Columns |> Seq.map (Column.select rows))
        |> Frame.ofColumns
        |> Result.bind (Frame.withColumn covariate.Name (Column.ofFloats points))

    let private predictions effects (fit: Fit) frame =
        // Bands of curves by the normal distribution: each df would be a search of its own.
        Lmm.predictFrame
            {
                PredictionOptions.defaults with
                    Effects = effects
                    Method = DegreesOfFreedomMethod.Asymptotic
            }
            frame
            fit

    /// The curve of one subject and that of the population.
    let private curves fit (covariate: Covariate) (rows: int[]) =
        let own = rows |> Array.map (fun row -> covariate.Values[row])
        let points = Covariate.grid (pointsOf fit) own

        gridOf fit covariate rows[0] points
        |> Result.bind (fun frame ->
            Problems.both (predictions PredictedEffects.All fit frame) (predictions PredictedEffects.None fit frame))
        |> Result.map (fun (conditional, population) -> points, conditional, population)

    /// Data, curves and bands of the subjects, a row each.
    let private frameOf
        (fit: Fit)
        (covariate: Covariate)
        (term: RandomDesign)
        (found: (string * int[] * (float list * Prediction list * Prediction list)) list)
        =
        let rows = [
            for subject, rows, (points, conditional, population) in found do
                for row in rows do
                    subject, "data", covariate.Values[row], fit.Design.Response[row], nan, nan

                for x, own in List.zip points conditional do
                    subject, term.Group, x, own.Estimate, own.Lower, own.Upper

                for x, own in List.zip points population do
                    subject, "population", x, own.Estimate, own.Lower, own.Upper
        ]

        let text f = rows |> List.map f |> Column.ofStrings
        let number f = rows |> List.map f |> Column.ofFloats

        Drawing.frame [
            "subject", text (fun (subject, _, _, _, _, _) -> subject)
            "part", text (fun (_, part, _, _, _, _) -> part)
            "x", number (fun (_, _, x, _, _, _) -> x)
            "y", number (fun (_, _, _, y, _, _) -> y)
            "lower", number (fun (_, _, _, _, lower, _) -> lower)
            "upper", number (fun (_, _, _, _, _, upper) -> upper)
        ]

    /// <summary>Small multiples: the data of each subject, its fitted curve with a band, and the population's.</summary>
    /// <param name="group">The grouping factor; the one with the most effects without it.</param>
    /// <param name="along">The covariate; the first that varies within subjects without it.</param>
    /// <param name="fit">The fit.</param>
    let create (group: string option) (along: string option) (fit: Fit) : Result<ChartSpec, LmmError list> =
        let kind = "subjects"

        termOf kind group fit
        |> Result.bind (fun term ->
            Covariate.find kind along (Covariate.varies term.Codes) fit
            |> Result.bind (fun covariate ->
                let present =
                    term.Codes
                    |> Array.indexed
                    |> Array.groupBy snd
                    |> Array.sortBy fst
                    |> List.ofArray
                    |> List.map (fun (code, rows) -> term.Levels[code], rows |> Array.map fst)

                let shown = Drawing.some mostSubjects present

                shown
                |> List.map (fun (subject, rows) ->
                    curves fit covariate rows |> Result.map (fun found -> subject, rows, found))
                |> Problems.all
                |> Result.map (fun found ->
                    let response = Drawing.response fit
                    let data = frameOf fit covariate term found
                    let x = Channel.number "x" "x" covariate.Name
                    let y field = Channel.number "y" field response

                    let colour =
                        Channel.names "color" "part" ""
                        |> Channel.withProperty
                            "scale"
                            (Json.Object [
                                "domain", Json.texts [ "data"; term.Group; "population" ]
                                "range", Json.texts [ "#7f7f7f"; Theme.blue; Theme.vermilion ]
                            ])

                    let part name =
                        $"datum.part == {Json.toText (Json.Text name)}"

                    let left = present.Length - shown.Length

                    {
                        Drawing.chart
                            kind
                            $"{response} along {covariate.Name}, {term.Group} by {term.Group}"
                            [
                                Drawing.formula fit
                                if left > 0 then
                                    $"{shown.Length} of {present.Length} levels of {term.Group} are drawn"
                                $"{term.Group}: fixed and random effects with 95 %% bands; population: fixed effects alone"
                            ]
                            $"The data of {shown.Length} levels of {term.Group} along {covariate.Name}, each with its fitted curve and band and the curve of the population."
                            [ "curves", data ]
                            (View.Facets(
                                "subject",
                                6,
                                true,
                                true,
                                [
                                    Drawing.band "curves" [ x; y "lower"; Channel.other "y2" "upper" ]
                                    |> Drawing.coloured Theme.blue
                                    |> Layer.where (part term.Group)
                                    Drawing.line "curves" [ x; y "y"; colour ]
                                    |> Layer.where $"datum.part != 'data'"
                                    |> Layer.telling [
                                        "subject", term.Group
                                        "part", "curve"
                                        "x", covariate.Name
                                        "y", response
                                    ]
                                    Layer.create "point" "curves" [ x; y "y"; colour ]
                                    |> Layer.styled [
                                        "filled", Json.Bool true
                                        "size", Json.Number 22.0
                                        "opacity", Json.Number 0.9
                                    ]
                                    |> Layer.where (part "data")
                                    |> Layer.telling [ "subject", term.Group; "x", covariate.Name; "y", response ]
                                ]
                            )) with
                            Width = 130
                            Height = 110
                    })))
