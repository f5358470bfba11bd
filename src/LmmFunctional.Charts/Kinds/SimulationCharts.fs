namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Bootstrap replicates as densities, power curves, and the trace of a fit.</summary>
[<RequireQualifiedAccess>]
module internal SimulationCharts =

    // Densities

    let private gridPoints = 80

    /// <summary>The bandwidth that R's density takes: 0.9 times the smaller of the standard deviation and a robust one, times
    /// n^(−1/5) (Silverman 1986, equation 3.31).</summary>
    let private bandwidth (sorted: float[]) =
        let n = float sorted.Length
        let mean = Array.average sorted

        let sd =
            sqrt ((sorted |> Array.sumBy (fun x -> (x - mean) * (x - mean))) / (n - 1.0))

        let robust = (Drawing.quantile sorted 0.75 - Drawing.quantile sorted 0.25) / 1.34

        let spread = if robust > 0.0 then min sd robust else sd
        0.9 * spread * n ** -0.2

    /// A Gaussian kernel density on a grid of three bandwidths beyond the values; none where all are equal.
    let density (values: float[]) : (float * float) list =
        let sorted = Array.sort values
        let h = if sorted.Length > 1 then bandwidth sorted else 0.0

        if not (h > 0.0) then
            []
        else
            let low, high = sorted[0] - 3.0 * h, sorted[sorted.Length - 1] + 3.0 * h

            [
                for k in 0 .. gridPoints - 1 do
                    let x = low + (high - low) * float k / float (gridPoints - 1)

                    let sum = sorted |> Array.sumBy (fun value -> exp (-0.5 * ((x - value) / h) ** 2.0))

                    x, sum / (float sorted.Length * h * sqrt (2.0 * Math.PI))
            ]

    /// The density of the replicates of every parameter with its estimate and 95 % percentile interval.
    let bootstrap (bootstrap: Bootstrap) : Result<ChartSpec, LmmError list> =
        let intervals = Bootstrap.intervals BootstrapInterval.Percentile 0.95 bootstrap

        let rows = [
            for k, own in List.indexed intervals do
                match density (bootstrap.Replicates.Column k) with
                | [] -> ()
                | points ->
                    for index, (x, height) in List.indexed points do
                        let bound = Option.defaultValue nan

                        own.Interval.Name,
                        x,
                        height,
                        own.Interval.Estimate,
                        bound own.Interval.Lower,
                        bound own.Interval.Upper,
                        index
        ]

        if rows.IsEmpty then
            Drawing.nothing "bootstrap" "no parameter varies over the replicates."
        else
            let number f = rows |> List.map f |> Column.ofFloats
            let names = rows |> List.map (fun (name, _, _, _, _, _, _) -> name)
            let count = names |> List.distinct |> List.length

            let data =
                Drawing.frame [
                    "parameter", Column.ofStrings names
                    "value", number (fun (_, x, _, _, _, _, _) -> x)
                    "density", number (fun (_, _, height, _, _, _, _) -> height)
                    "estimate", number (fun (_, _, _, estimate, _, _, _) -> estimate)
                    "lower", number (fun (_, _, _, _, lower, _, _) -> lower)
                    "upper", number (fun (_, _, _, _, _, upper, _) -> upper)
                    "first", number (fun (_, _, _, _, _, _, index) -> if index = 0 then 1.0 else 0.0)
                ]

            let x field = Channel.number "x" field "value"
            let isFirst = Layer.where "datum.first == 1"

            Ok {
                Drawing.chart
                    "bootstrap"
                    "Bootstrap distributions of the parameters"
                    [
                        $"{bootstrap.Replicates.Rows} responses drawn from the fit and fitted again; line: estimate, dashed: 95 %% percentile interval"
                    ]
                    $"Densities of {count} parameters over {bootstrap.Replicates.Rows} bootstrap replicates."
                    [ "densities", data ]
                    (View.Facets(
                        "parameter",
                        min 3 count,
                        false,
                        false,
                        [
                            Layer.create "area" "densities" [ x "value"; Channel.fromZero "y" "density" "density" ]
                            |> Layer.styled [
                                "color", Json.Text Theme.blue
                                "opacity", Json.Number 0.3
                                "line", Json.Object [ "color", Json.Text Theme.blue; "strokeWidth", Json.Number 1.5 ]
                            ]
                            |> Layer.telling [
                                "parameter", "parameter"
                                "estimate", "estimate"
                                "lower", "from"
                                "upper", "to"
                            ]
                            Layer.create "rule" "densities" [ x "estimate" ]
                            |> Layer.styled [ "color", Json.Text Theme.vermilion; "strokeWidth", Json.Number 1.5 ]
                            |> isFirst
                            Drawing.dashedRule "densities" [ x "lower" ] |> isFirst
                            Drawing.dashedRule "densities" [ x "upper" ] |> isFirst
                        ]
                    )) with
                    Width = 230
                    Height = 150
            }

    // Power

    /// The power at several sizes with its interval.
    let power (estimates: PowerEstimate list) : Result<ChartSpec, LmmError list> =
        let sized =
            estimates
            |> List.choose (fun own -> own.Size |> Option.map (fun size -> size, own))
            |> List.sortBy fst

        if sized.IsEmpty then
            Drawing.nothing "power" "it needs the power at several sizes: see Lmm.powerCurve."
        else
            let number f =
                sized |> List.map (snd >> f) |> Column.ofFloats

            let data =
                Drawing.frame [
                    "size", sized |> List.map fst |> Column.ofInts
                    "rows", number (fun own -> float own.Rows)
                    "power", number _.Power
                    "lower", number _.Lower
                    "upper", number _.Upper
                    "simulations", number (fun own -> float own.Simulations)
                ]

            let x = Channel.number "x" "size" "size of the design"

            let y field =
                Channel.number "y" field "power"
                |> Channel.withProperty "scale" (Json.Object [ "domain", Json.numbers [ 0.0; 1.0 ] ])
                |> Channel.withProperty "axis" (Json.Object [ "format", Json.Text ".0%" ])

            let least = sized |> List.tryFind (fun (_, own) -> own.Power >= 0.8)

            Ok(
                Drawing.chart
                    "power"
                    "Power by the size of the design"
                    [
                        "estimates by simulation with exact 95 % intervals; dashed: 80 %"
                        match least with
                        | Some(size, own) ->
                            $"the first size with 80 %%: {size} ({Drawing.number (100.0 * own.Power)} %%)"
                        | None -> "no size reaches 80 %"
                    ]
                    $"Power of the test at {sized.Length} sizes of the design with 95 %% intervals."
                    [ "power", data ]
                    (View.Layers [
                        Drawing.band "power" [ x; y "lower"; Channel.other "y2" "upper" ]
                        |> Drawing.coloured Theme.blue
                        Drawing.reference "y" 0.8
                        Drawing.line "power" [ x; y "power" ] |> Drawing.coloured Theme.blue
                        Drawing.points sized.Length "power" [ x; y "power" ]
                        |> Drawing.coloured Theme.blue
                        |> Layer.styled [ "size", Json.Number 60.0; "opacity", Json.Number 1.0 ]
                        |> Layer.telling [
                            "size", "size"
                            "rows", "rows"
                            "power", "power"
                            "lower", "from"
                            "upper", "to"
                            "simulations", "simulations"
                        ]
                    ])
            )

    // Convergence

    /// How far the criterion was above its minimum at each iteration, and the Newton decrement.
    let trace (fit: Fit) : Result<ChartSpec, LmmError list> =
        let steps = fit.Iterations
        let least = steps |> List.map _.Criterion |> List.min

        let points = [
            for step in steps do
                step, "−2 log likelihood above its minimum", step.Criterion - least
                step, "Newton decrement", step.Decrement
        ]

        // A logarithm has no zero.
        let shown =
            points
            |> List.filter (fun (_, _, value) -> value > 0.0 && Double.IsFinite value)

        if shown.IsEmpty then
            Drawing.nothing "trace" "the fit began at its optimum."
        else
            let data =
                Drawing.frame [
                    "iteration", shown |> List.map (fun (step, _, _) -> step.Number) |> Column.ofInts
                    "measure", shown |> List.map (fun (_, measure, _) -> measure) |> Column.ofStrings
                    "value", shown |> List.map (fun (_, _, value) -> value) |> Column.ofFloats
                    "criterion", shown |> List.map (fun (step, _, _) -> step.Criterion) |> Column.ofFloats
                    "halvings", shown |> List.map (fun (step, _, _) -> step.Halvings) |> Column.ofInts
                ]

            let x =
                Channel.number "x" "iteration" "iteration"
                |> Channel.withProperty "axis" (Json.Object [ "tickMinStep", Json.Number 1.0; "format", Json.Text "d" ])

            let y =
                Channel.logarithmic "y" "value" "−2 log likelihood units (logarithmic)"
                |> Channel.withProperty "axis" (Json.Object [ "format", Json.Text ".0e" ])

            let measures = shown |> List.map (fun (_, measure, _) -> measure) |> List.distinct
            let colour = Channel.namesIn measures "color" "measure" ""

            Ok(
                Drawing.chart
                    "trace"
                    "Convergence of the fit"
                    [ Drawing.formula fit; string fit.Certificate ]
                    $"The fall of the criterion over {steps.Length - 1} iterations on a logarithmic scale. Certificate: {fit.Certificate}."
                    [ "iterations", data ]
                    (View.Layers [
                        Drawing.line "iterations" [ x; y; colour ]
                        Drawing.points shown.Length "iterations" [ x; y; colour ]
                        |> Layer.styled [ "size", Json.Number 50.0; "opacity", Json.Number 1.0 ]
                        |> Layer.telling [
                            "iteration", "iteration"
                            "criterion", "−2 log likelihood"
                            "value", "value"
                            "halvings", "shortened"
                        ]
                    ])
            )
