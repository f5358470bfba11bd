namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>A field trial's map, and the inbreeding of a pedigree.</summary>
[<RequireQualifiedAccess>]
module internal PlaceCharts =

    // Columns of a field

    let private coordinates kind (fit: Fit) name : Result<float[], LmmError list> =
        let frame = fit.Design.Schema.Frame

        match frame.TryColumn name with
        | None ->
            Error [
                LmmError.UnknownColumn(name, Nearest.suggest frame.Names name, List.ofSeq frame.Names)
            ]
        | Some(Column.Numeric values)
        | Some(Column.Labelled(values, _)) -> Ok(fit.Design.Rows |> Array.map (fun row -> values[row]))
        | Some(Column.Categorical _) ->
            Drawing.nothing kind $"column '{name}' is text, and a map needs numbers for its rows and columns."

    let private axesOf (fit: Fit) =
        match fit.Design.Residual with
        | Some design when design.Factors.Length = 2 -> Some(design.Factors[0].Name, design.Factors[1].Name)
        | _ -> None

    /// One channel of the map: cells in the order of their numbers, each of them a name.
    let private place channel field title (values: float[]) =
        let order =
            values
            |> Array.distinct
            |> Array.sort
            |> Array.map Json.Number
            |> List.ofArray
            |> Json.Array

        Channel.names channel field title
        |> Channel.withProperty "type" (Json.Text "ordinal")
        |> Channel.withProperty "sort" order
        |> Channel.withProperty
            "axis"
            (Json.Object [
                "labelOverlap", Json.Bool true
                "grid", Json.Bool false
                "labelAngle", Json.Number 0.0
            ])

    /// Two maps, a row for each plot of each: marginal and conditional residuals.
    let private mapsOf (table: ResidualTable) (plots: int[]) (x: float[]) (y: float[]) =
        let rows = [
            for name, values in
                [
                    "marginal: y − Xβ", table.PearsonMarginal
                    "conditional: y − Xβ − Zu", table.PearsonConditional
                ] do
                for row in plots -> name, row, values[row]
        ]

        let largest =
            rows
            |> List.map (fun (_, _, value) -> abs value)
            |> List.filter Double.IsFinite
            |> List.fold max 1e-9

        let data =
            Drawing.frame [
                "map", rows |> List.map (fun (name, _, _) -> name) |> Column.ofStrings
                "row", rows |> List.map (fun (_, row, _) -> table.Row[row]) |> Column.ofInts
                "x", rows |> List.map (fun (_, row, _) -> x[row]) |> Column.ofFloats
                "y", rows |> List.map (fun (_, row, _) -> y[row]) |> Column.ofFloats
                "residual", rows |> List.map (fun (_, _, value) -> value) |> Column.ofFloats
            ]

        data, largest

    let private mapOf (source: ResidualSource) kind (first: string) (second: string) (x: float[]) (y: float[]) =
        let plots = [|
            for row in 0 .. x.Length - 1 do
                if Double.IsFinite x[row] && Double.IsFinite y[row] then
                    row
        |]

        let data, largest = mapsOf source.Table.Value plots x y

        let colour =
            Channel.number "color" "residual" "Pearson residual"
            |> Channel.withProperty
                "scale"
                (Json.Object [
                    "domain", Json.numbers [ -largest; 0.0; largest ]
                    "range", Json.texts [ Theme.vermilion; "#F2F2F2"; Theme.blue ]
                ])

        let cells =
            Layer.create "rect" "plots" [
                place "x" "x" first (plots |> Array.map (fun row -> x[row]))
                place "y" "y" second (plots |> Array.map (fun row -> y[row]))
                colour
            ]
            |> Layer.telling [ "row", "row"; "x", first; "y", second; "residual", "Pearson residual" ]

        {
            Drawing.chart
                kind
                $"Map of residuals over {first} and {second}"
                [
                    Drawing.formula source.Fit
                    "Pearson residuals; patches of one colour are spatial effects that the mean does not have"
                ]
                $"Maps of marginal and conditional Pearson residuals of {plots.Length} plots over {first} and {second}."
                [ "plots", data ]
                (View.Facets("map", 2, true, true, [ cells ])) with
                Width = 340
                Height = 300
        }

    /// <summary>A map of residuals: what fixed effects leave, and what is left after random effects too.</summary>
    /// <param name="places">The columns with the field's rows and columns; those of the residuals' structure without them.</param>
    /// <param name="source">The fit.</param>
    let field (places: (string * string) option) (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        let kind = "field"
        let fit = source.Fit

        match places |> Option.orElse (axesOf fit) with
        | _ when Drawing.isOfSums fit -> Drawing.nothing kind Drawing.noRows
        | _ when fit.HasNoResidual -> Drawing.nothing kind "the residual variance is zero."
        | None ->
            Drawing.nothing kind "the model has no residuals along rows and columns; name the two columns of the data."
        | Some(first, second) ->
            Problems.both (coordinates kind fit first) (coordinates kind fit second)
            |> Result.map (fun (x, y) -> mapOf source kind first second x y)

    // Pedigrees

    /// Inbreeding coefficients of a pedigree: how many animals have how much, and which have the most.
    let inbreeding (pedigree: Pedigree) : Result<ChartSpec, LmmError list> =
        let relationship = Relationship.ofPedigree pedigree
        let values = relationship.Variances |> Seq.map (fun own -> own - 1.0) |> Array.ofSeq
        let inbred = values |> Array.filter (fun f -> f > 1e-12)

        if inbred.Length = 0 then
            Drawing.nothing "inbreeding" "no animal of the pedigree is inbred."
        else
            let drawn = Drawing.drawn values.Length []

            let data =
                Drawing.frame [
                    "animal", drawn |> Seq.map (fun k -> relationship.Levels[k]) |> Column.ofStrings
                    "order", drawn |> Seq.map ((+) 1) |> Column.ofInts
                    "inbreeding", drawn |> Seq.map (fun k -> values[k]) |> Column.ofFloats
                ]

            let mean = Array.average values

            Drawing.chart
                "inbreeding"
                "Inbreeding of the animals, parents before offspring"
                ([
                    $"{inbred.Length} of {values.Length} animals are inbred; mean {Drawing.number mean}, largest {Drawing.number (Array.max values)}; dashed: the mean"
                 ]
                 @ Drawing.drawnNote drawn values.Length)
                $"Inbreeding coefficients of {values.Length} animals in the order of the pedigree; {inbred.Length} are inbred."
                [ "animals", data ]
                (View.Layers [
                    Drawing.points drawn.Length "animals" [
                        Channel.number "x" "order" "animal, parents first"
                        Channel.fromZero "y" "inbreeding" "inbreeding coefficient"
                    ]
                    |> Drawing.coloured Theme.blue
                    |> Layer.telling [ "animal", "animal"; "inbreeding", "inbreeding" ]
                    Drawing.reference "y" mean
                ])
            |> Ok
