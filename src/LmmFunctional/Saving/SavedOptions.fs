namespace LmmFunctional.Saving

open System.Text.Json
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The options of a fit in the JSON of a saved model: all but progress and cancellation.</summary>
[<RequireQualifiedAccess>]
module internal SavedOptions =

    let private criteria = [ "REML", Criterion.Reml; "ML", Criterion.Ml ]

    let private algorithms = [
        "nr", Algorithm.NewtonRaphson
        "fisher", Algorithm.FisherScoring
        "ai", Algorithm.AverageInformation
        "em", Algorithm.Em
        "px-em", Algorithm.PxEm
    ]

    let private nameOf names value =
        names |> List.find (fun (_, own) -> own = value) |> fst

    let private ofName what names name =
        match names |> List.tryFind (fun (own, _) -> own = name) with
        | Some(_, value) -> value
        | None -> raise (JsonException $"there is no {what} '{name}'")

    let private writeValues (json: Utf8JsonWriter) name (values: Map<string, float>) =
        SavedValues.writeObject json name (fun () ->
            for KeyValue(name, value) in values do
                SavedValues.writeFloat json name value)

    let private writeBounds (json: Utf8JsonWriter) (bounds: Map<string, Bound>) =
        SavedValues.writeObject json "bounds" (fun () ->
            for KeyValue(name, bound) in bounds do
                SavedValues.writeFloats json name [ defaultArg bound.Lower -infinity; defaultArg bound.Upper infinity ])

    /// The members of an open object.
    let write (json: Utf8JsonWriter) (options: FitOptions) =
        json.WriteString("criterion", nameOf criteria options.Criterion)
        json.WriteString("algorithm", nameOf algorithms options.Solver.Algorithm)
        json.WriteNumber("maxIterations", options.Solver.MaxIterations)

        options.Solver.Tolerance
        |> Option.iter (SavedValues.writeFloat json "tolerance")

        options.Budget |> Option.iter (SavedValues.writeFloat json "budget")
        writeValues json "fixed" options.Held
        writeBounds json options.Bounds
        writeValues json "start" options.Start

        SavedValues.writeObject json "known" (fun () ->
            for KeyValue(name, relationship) in options.Known do
                SavedValues.writeObject json name (fun () -> SavedRelationship.write json relationship))

    let private readValues name (element: JsonElement) =
        SavedValues.readObject name _.GetDouble() element |> Map.ofList

    let private readBounds (element: JsonElement) =
        let finite value =
            if System.Double.IsFinite value then Some value else None

        Map.ofList [
            for own in element.GetProperty("bounds").EnumerateObject() do
                let ends = SavedValues.readFloats own.Name (element.GetProperty "bounds")

                own.Name,
                {
                    Lower = finite ends[0]
                    Upper = finite ends[1]
                }
        ]

    /// <summary>The options.</summary>
    /// <exception cref="T:System.Text.Json.JsonException">They are none.</exception>
    let read (element: JsonElement) : FitOptions =
        let hasTolerance, tolerance = element.TryGetProperty "tolerance"
        let hasBudget, budget = element.TryGetProperty "budget"

        {
            FitOptions.defaults with
                Criterion = SavedValues.readText "criterion" element |> ofName "criterion" criteria
                Solver = {
                    Algorithm = SavedValues.readText "algorithm" element |> ofName "algorithm" algorithms
                    MaxIterations = element.GetProperty("maxIterations").GetInt32()
                    Tolerance = if hasTolerance then Some(tolerance.GetDouble()) else None
                }
                Budget = if hasBudget then Some(budget.GetDouble()) else None
                Held = readValues "fixed" element
                Bounds = readBounds element
                Start = readValues "start" element
                Known = SavedValues.readObject "known" SavedRelationship.read element |> Map.ofList
        }
