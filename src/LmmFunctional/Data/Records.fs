namespace LmmFunctional

open System
open System.Reflection
open LmmFunctional.Data

/// <summary>Data sets from sequences of F# records, anonymous records or objects of any class.</summary>
/// <remarks>
/// Each public readable property is a column, in declaration order (the compiler sorts anonymous records by name).
/// Numbers of every type are numeric; DateTime, DateTimeOffset (in UTC) and DateOnly are days since 1970-01-01,
/// as in R; <c>TimeSpan</c> and <c>TimeOnly</c> are days. Text, characters, <c>Guid</c>, enumerations and
/// unions without fields are categorical, levels in ordinal order; <c>bool</c> has the levels FALSE and TRUE, as R's
/// logical has. <c>null</c>, <c>None</c>, <c>ValueNone</c>, NaN and "" are missing.
/// </remarks>
[<RequireQualifiedAccess>]
module Records =

    let rec private depth (someType: Type | null) =
        match someType with
        | null -> 0
        | someType -> 1 + depth someType.BaseType

    let private readableProperties (elementType: Type) =
        elementType.GetProperties(BindingFlags.Public ||| BindingFlags.Instance)
        |> Seq.filter (fun property -> property.CanRead && property.GetIndexParameters().Length = 0)
        // A property that hides one of the base class comes first here, and is the one meant.
        |> Seq.distinctBy _.Name
        |> Seq.sortBy (fun property -> depth property.DeclaringType, property.MetadataToken)
        |> List.ofSeq

    /// <summary>A data set with a row for each element and a column for each public property.</summary>
    /// <returns>The data set, or: every property of a type that is neither number nor category, no rows.</returns>
    /// <exception cref="T:System.ArgumentException">The type has no properties, or an element is null.</exception>
    let toFrame (rows: 'Row seq) : Result<Frame, LmmError list> =
        let properties = readableProperties typeof<'Row>

        if properties.IsEmpty || typeof<'Row>.IsPrimitive || typeof<'Row> = typeof<string> then
            invalidArg (nameof rows) $"{typeof<'Row>.Name} has no properties to make columns of; use Frame.ofColumns."

        let columns = properties |> List.map (fun p -> p.Name, p.PropertyType)

        match CellCollector.createAll columns with
        | Error problems -> Error problems
        | Ok collectors ->
            rows
            |> Seq.iteri (fun index row ->
                match box row with
                | null -> invalidArg (nameof rows) $"Element {index} is null."
                | row ->
                    (properties, collectors)
                    ||> List.iter2 (fun property collector -> collector.Add(property.GetValue row)))

            CellCollector.toFrame "The sequence" collectors
