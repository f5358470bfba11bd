namespace LmmFunctional.Data

open System
open System.Collections.Generic
open System.Numerics
open Microsoft.FSharp.Reflection

/// <summary>What a .NET value is as a cell of a data set.</summary>
[<Struct; RequireQualifiedAccess; NoComparison>]
type internal Cell =
    | Missing
    | Number of number: float
    | Text of text: string
    | Unsupported

/// <summary>Values of .NET types as cells: the one set of rules for records, objects and data readers.</summary>
[<RequireQualifiedAccess>]
module internal Cell =

    // R counts the days of its dates from here.
    let private epoch = DateTime(1970, 1, 1)

    /// <summary>The cell of a value that is not an option.</summary>
    let ofValue (value: objnull) : Cell =
        match value with
        | null
        | :? DBNull -> Cell.Missing
        | :? float as x -> Cell.Number x
        | :? int as x -> Cell.Number(float x)
        | :? string as x -> if x = "" then Cell.Missing else Cell.Text x
        | :? bool as x -> Cell.Text(if x then "TRUE" else "FALSE")
        | :? Enum as x -> Cell.Text(x.ToString())
        | :? int64 as x -> Cell.Number(float x)
        | :? decimal as x -> Cell.Number(float x)
        | :? float32 as x -> Cell.Number(float x)
        | :? byte as x -> Cell.Number(float x)
        | :? sbyte as x -> Cell.Number(float x)
        | :? int16 as x -> Cell.Number(float x)
        | :? uint16 as x -> Cell.Number(float x)
        | :? uint32 as x -> Cell.Number(float x)
        | :? uint64 as x -> Cell.Number(float x)
        | :? nativeint as x -> Cell.Number(float x)
        | :? unativeint as x -> Cell.Number(float x)
        | :? Half as x -> Cell.Number(float x)
        | :? Int128 as x -> Cell.Number(float x)
        | :? UInt128 as x -> Cell.Number(float x)
        | :? BigInteger as x -> Cell.Number(float x)
        | :? char as x -> Cell.Text(string x)
        | :? Guid as x -> Cell.Text(x.ToString())
        | :? DateTime as x -> Cell.Number((x - epoch).TotalDays)
        | :? DateTimeOffset as x -> Cell.Number((x.UtcDateTime - epoch).TotalDays)
        | :? DateOnly as x -> Cell.Number(float (x.DayNumber - DateOnly.FromDateTime(epoch).DayNumber))
        | :? TimeSpan as x -> Cell.Number x.TotalDays
        | :? TimeOnly as x -> Cell.Number(x.ToTimeSpan().TotalDays)
        | value ->
            let valueType = value.GetType()

            if FSharpType.IsUnion valueType then
                match FSharpValue.GetUnionFields(value, valueType) with
                | case, [||] -> Cell.Text case.Name
                | _ -> Cell.Unsupported
            else
                Cell.Unsupported

    let private numberTypes =
        HashSet<Type> [
            typeof<float>
            typeof<int>
            typeof<int64>
            typeof<decimal>
            typeof<float32>
            typeof<byte>
            typeof<sbyte>
            typeof<int16>
            typeof<uint16>
            typeof<uint32>
            typeof<uint64>
            typeof<nativeint>
            typeof<unativeint>
            typeof<Half>
            typeof<Int128>
            typeof<UInt128>
            typeof<BigInteger>
            typeof<DateTime>
            typeof<DateTimeOffset>
            typeof<DateOnly>
            typeof<TimeSpan>
            typeof<TimeOnly>
        ]

    let private textTypes =
        HashSet<Type> [ typeof<string>; typeof<bool>; typeof<char>; typeof<Guid> ]

    let private isEnumeration (valueType: Type) =
        valueType.IsEnum
        || (FSharpType.IsUnion valueType
            && FSharpType.GetUnionCases valueType
               |> Array.forall (fun case -> case.GetFields().Length = 0))

    /// <summary>The type inside options and nullables, and the way to the value inside.</summary>
    let rec unwrap (valueType: Type) : Type * (objnull -> objnull) =
        let definition =
            if valueType.IsGenericType then
                valueType.GetGenericTypeDefinition()
            else
                valueType

        if definition = typedefof<option<_>> || definition = typedefof<voption<_>> then
            let cases = FSharpType.GetUnionCases valueType
            let some = cases |> Array.find (fun case -> case.GetFields().Length = 1)
            let tag = FSharpValue.PreComputeUnionTagReader valueType
            let fields = FSharpValue.PreComputeUnionReader some
            let inner, innerValue = unwrap valueType.GenericTypeArguments[0]

            inner,
            fun value ->
                match value with
                | null -> null
                | value when tag value = some.Tag -> innerValue (Array.head (fields value))
                | _ -> null
        else
            match Nullable.GetUnderlyingType valueType with
            | null -> valueType, id
            | inner -> inner, id

    /// <summary>The digits of a whole number or decimal that no double holds exactly.</summary>
    /// <remarks>Two identifiers of 17 digits may be the same double.</remarks>
    let tryExactText (value: objnull) (number: float) : string option =
        let unless isExact (text: string) = if isExact then None else Some text
        // Every whole number below this one is a double; the next above it is rounded to it.
        let isSmall = abs number < 9007199254740992.0

        match value with
        | :? decimal as x when abs x <> 0m && (x <> Math.Floor x || not isSmall) ->
            let isExact = abs number < 7e28 && decimal number = x
            x.ToString("G29", Globalization.CultureInfo.InvariantCulture) |> unless isExact
        | :? int64
        | :? uint64
        | :? nativeint
        | :? unativeint
        | :? Int128
        | :? UInt128
        | :? BigInteger -> string value |> unless isSmall
        | _ -> None

    /// Whether the values of a type, options and nullables taken off, are numbers (true) or text (false).
    let tryIsNumber (valueType: Type) =
        if numberTypes.Contains valueType then
            Some true
        elif textTypes.Contains valueType || isEnumeration valueType then
            Some false
        else
            None

    /// The name of a type in messages, without the arity of generic ones.
    let typeName (valueType: Type) = Array.head (valueType.Name.Split '`')
