namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Scans of rows or levels: influence and outliers, with thresholds and the conspicuous units labelled.</summary>
[<RequireQualifiedAccess>]
module internal UnitCharts =

    let private mostLabels = 8

    // Levels that have room for their names on an axis.
    let private mostNames = 40

    let private subject units =
        match units with
        | DiagnosticUnits.Rows -> "row"
        | DiagnosticUnits.Levels group -> group

    /// x of units in their order: names of levels where they have room, else numbers.
    let private axis units (names: string list) : Channel * (string * Column) =
        match units with
        | DiagnosticUnits.Rows ->
            Channel.number "x" "unit" "row of the data", ("unit", names |> List.map float |> Column.ofFloats)
        | DiagnosticUnits.Levels group when names.Length <= mostNames ->
            Channel.namesIn names "x" "unit" group
            |> Channel.withProperty
                "axis"
                (Json.Object [
                    "grid", Json.Bool false
                    "labelAngle", Json.Number(if names.Length > 12 then -60.0 else 0.0)
                ]),
            ("unit", Column.ofStrings names)
        | DiagnosticUnits.Levels group ->
            Channel.number "x" "place" $"level of {group}", ("unit", Column.ofStrings names)

    /// The units above a threshold whose values are the largest.
    let private conspicuous names values isHigh =
        List.zip names values
        |> List.filter (fun (_, value: float) -> Double.IsFinite value && isHigh value)
        |> List.sortBy (fun (_, value) -> -(abs value))
        |> List.truncate mostLabels
        |> List.map fst
        |> Set.ofList

    /// Stems from zero, the units above a threshold in another colour and the largest labelled.
    let private stems
        kind
        title
        subtitle
        description
        units
        yTitle
        thresholds
        tooltip
        (names: string list)
        (values: float list)
        isHigh
        columns
        =
        let x, unitColumn = axis units names

        let labelled = conspicuous names values isHigh

        let always =
            names
            |> List.indexed
            |> List.filter (fun (_, name) -> labelled.Contains name)
            |> List.map fst

        let drawn = Drawing.drawn names.Length always
        let isSome = drawn.Length < names.Length

        let all =
            Drawing.frame (
                [
                    unitColumn
                    "place", Column.ofInts [ 1 .. names.Length ]
                    "value", Column.ofFloats values
                    "mark",
                    values
                    |> List.map (fun value -> if isHigh value then "above" else "below")
                    |> Column.ofStrings
                    "label",
                    names
                    |> List.map (fun name -> if labelled.Contains name then name else "")
                    |> Column.ofStrings
                ]
                @ columns
            )

        let data =
            if isSome then
                let kept = Set.ofArray drawn
                Frame.filter kept.Contains all |> Result.defaultValue all
            else
                all

        let y = Channel.fromZero "y" "value" yTitle

        let stemsOf place colour = [
            if Drawing.hasText data "mark" place then
                Layer.create "rule" "units" [ x; y; Channel.datum "y2" 0.0 None ]
                |> Layer.styled [
                    "color", Json.Text colour
                    "opacity", Json.Number(if names.Length > 300 then 0.35 else 0.7)
                    "strokeWidth", Json.Number(if names.Length > 100 then 1.0 else 2.0)
                ]
                |> Layer.where $"datum.mark == '{place}'"

                Drawing.points names.Length "units" [ x; y ]
                |> Drawing.coloured colour
                |> Layer.where $"datum.mark == '{place}'"
                |> Layer.telling (("unit", subject units) :: tooltip)
        ]

        {
            Drawing.chart
                kind
                title
                (subtitle @ Drawing.drawnNote drawn names.Length)
                description
                [ "units", data ]
                (View.Layers [
                    yield! stemsOf "below" Theme.blue
                    yield! stemsOf "above" Theme.vermilion
                    yield! thresholds |> List.map (Drawing.reference "y")
                    yield! Drawing.labels data "units" [ x; y ]
                ]) with
                Width = 560
                Height = 280
        }

    // Influence

    /// <summary>Cook's distance of every unit with the line of 4/number of units.</summary>
    let influence (units: DiagnosticUnits) (fit: Fit) (table: InfluenceTable) : Result<ChartSpec, LmmError list> =
        match table.Units with
        | [] -> Drawing.nothing "influence" "the fit needs every unit."
        | found ->
            let limit = 4.0 / float found.Length
            let values = found |> List.map _.CookD
            let above = values |> List.filter (fun value -> value > limit) |> List.length
            let what = subject units

            let how =
                match table.Method with
                | InfluenceMethod.Fixed -> "covariance parameters fixed"
                | InfluenceMethod.OneStep -> "covariance parameters moved by one step"
                | InfluenceMethod.Exact -> "fitted again without each unit"

            stems
                "influence"
                $"Influence of each {what} on the fixed effects"
                [
                    Drawing.formula fit
                    $"Cook's distance, {how}; dashed: 4/{found.Length} = {Drawing.number limit}, {above} above"
                ]
                $"Cook's distances of {found.Length} units; {above} are above 4/{found.Length}, the largest is {Drawing.number (List.max values)}."
                units
                "Cook's distance"
                [ limit ]
                [
                    "value", "Cook's distance"
                    "mdffits", "MDFFITS"
                    "covratio", "COVRATIO"
                    "rows", "rows"
                ]
                (found |> List.map (fun own -> own.Unit.Name))
                values
                (fun value -> value > limit)
                [
                    "mdffits", found |> List.map _.Mdffits |> Column.ofFloats
                    "covratio", found |> List.map _.CovRatio |> Column.ofFloats
                    "rows", found |> List.map (fun own -> own.Unit.Rows.Length) |> Column.ofInts
                ]
            |> Ok

    // Outliers

    let private inOrder (units: DiagnosticUnits) (name: 'shift -> string) (found: 'shift list) fit =
        DiagnosticUnits.find units fit
        |> Result.map (fun all ->
            let place = all |> List.mapi (fun index unit -> unit.Name, index) |> Map.ofList

            found
            |> List.sortBy (fun own -> place |> Map.tryFind (name own) |> Option.defaultValue Int32.MaxValue))

    let private level = 0.05

    /// <summary>Mean shifts: externally studentised t of every unit with the Bonferroni line at five per cent.</summary>
    let meanShifts (units: DiagnosticUnits) (fit: Fit) (shifts: MeanShift list) : Result<ChartSpec, LmmError list> =
        inOrder units (fun (own: MeanShift) -> own.Unit.Name) shifts fit
        |> Result.bind (fun found ->
            if found.IsEmpty then
                Drawing.nothing "outliers" "the fixed effects leave no unit a shift of its own."
            else
                let freedom = float (fit.Observations - fit.FixedCount)
                let values = found |> List.map (fun own -> ResidualTable.external freedom own.T)

                let limit = Probability.quantile (freedom - 1.0) (1.0 - level / float found.Length)

                let beyond =
                    values
                    |> List.filter (fun value -> abs value > limit || Double.IsNaN value)
                    |> List.length

                let what = subject units

                stems
                    "outliers"
                    $"Mean shift of each {what}"
                    [
                        Drawing.formula fit
                        $"externally studentised t; dashed: ±{Drawing.number limit}, 5 %% for the largest of {found.Length} (Bonferroni); {beyond} beyond"
                    ]
                    $"t of the mean shift of {found.Length} units; {beyond} are beyond ±{Drawing.number limit}, which the largest of them passes with 5 %% probability at most where there is no outlier."
                    units
                    "t of the shift"
                    [ limit; -limit ]
                    [
                        "value", "t"
                        "shift", $"shift of {Drawing.response fit}"
                        "se", "standard error"
                        "pAdjusted", "adjusted p"
                    ]
                    (found |> List.map (fun own -> own.Unit.Name))
                    values
                    (fun value -> abs value > limit)
                    [
                        "shift", found |> List.map _.Shift |> Column.ofFloats
                        "se", found |> List.map _.StandardError |> Column.ofFloats
                        "p", found |> List.map _.P |> Column.ofFloats
                        "pAdjusted", found |> List.map _.AdjustedP |> Column.ofFloats
                    ]
                |> Ok)

    /// <summary>Variance shifts: likelihood ratios of every unit, with bootstrap thresholds where there are some.</summary>
    let varianceShifts
        (units: DiagnosticUnits)
        (fit: Fit)
        (table: VarianceShiftTable)
        : Result<ChartSpec, LmmError list> =
        inOrder units (fun (own: VarianceShift) -> own.Unit.Name) table.Shifts fit
        |> Result.bind (fun found ->
            if found.IsEmpty then
                Drawing.nothing "outliers" "no unit can have a variance of its own."
            else
                let limits = table.Thresholds |> List.map _.Threshold
                let limit = if limits.IsEmpty then infinity else List.min limits

                let words =
                    table.Thresholds
                    |> List.map (fun own ->
                        $"{Drawing.number own.Threshold} ({NumberText.significant 3 (100.0 * own.Level)} %%)")

                stems
                    "outliers"
                    $"Variance shift of each {subject units}"
                    [
                        Drawing.formula fit
                        match words with
                        | [] -> "likelihood ratio of extra variance; a bootstrap would give thresholds"
                        | words ->
                            let words = String.concat ", " words
                            $"likelihood ratio of extra variance; dashed: thresholds of the largest by bootstrap, {words}"
                    ]
                    $"Likelihood ratios of extra variance in {found.Length} units; the largest is {found |> List.map _.LikelihoodRatio |> List.max |> Drawing.number}."
                    units
                    "likelihood ratio"
                    limits
                    [ "value", "likelihood ratio"; "variance", "extra variance" ]
                    (found |> List.map (fun own -> own.Unit.Name))
                    (found |> List.map _.LikelihoodRatio)
                    (fun value -> value > limit)
                    [
                        "variance", found |> List.map _.Variance |> Column.ofFloats
                        "p", found |> List.map _.P |> Column.ofFloats
                    ]
                |> Ok)
