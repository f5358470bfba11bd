namespace LmmFunctional.Charts

open System
open System.Security.Cryptography
open System.Text
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>The data that a model used: rows, columns, levels, and a fingerprint.</summary>
[<RequireQualifiedAccess>]
module internal DataSummary =

    /// The columns of the model: names, and those that are levels.
    let private rolesOf (fit: Fit) =
        let data = fit.Design.Schema.Frame
        let levels, numbers = Columns.roles data fit.Spec

        let named =
            Expr.columns fit.Spec.Response
            @ Option.toList fit.Spec.Weights
            @ levels
            @ numbers

        // In the order of the data.
        data.Names |> Seq.filter (fun name -> List.contains name named) |> List.ofSeq, set levels

    let private namesOf fit = fst (rolesOf fit)

    let private missing (column: Column) =
        Seq.init column.Length column.IsMissing |> Seq.filter id |> Seq.length

    let private numbers (values: float seq) =
        let known = values |> Seq.filter (Double.IsNaN >> not) |> Array.ofSeq

        if known.Length = 0 then
            "no value"
        else
            $"{Sentences.number (Array.min known)} to {Sentences.number (Array.max known)}, mean {Sentences.number (Array.average known)}"

    // Levels that are named; more are counted.
    let private mostLevels = 8

    let private levels (levels: string seq) =
        let all = List.ofSeq levels
        let shown = all |> List.truncate mostLevels |> String.concat ", "

        match all.Length - mostLevels with
        | more when more > 0 -> $"{all.Length} levels: {shown} and {more} more"
        | _ -> $"{all.Length} levels: {shown}"

    let private describe isLevels (column: Column) =
        match column with
        | Column.Numeric values when isLevels ->
            let known = values |> Seq.filter (Double.IsNaN >> not) |> Seq.distinct |> Seq.sort
            "levels", known |> Seq.map Drawing.number |> levels
        | Column.Numeric values -> "numeric", numbers values
        | Column.Labelled(values, _) -> "numeric with labels", numbers values
        | Column.Categorical(names, _) -> "factor", levels names

    /// The columns that the model names: kind, missing values, range or levels.
    let columns (fit: Fit) : Table =
        let data = fit.Design.Schema.Frame
        let names, isLevels = rolesOf fit

        Table.create [
            "Column", Alignment.Left
            "Kind", Alignment.Left
            "Missing", Alignment.Right
            "Values", Alignment.Left
        ] [
            for name in names do
                match data.TryColumn name with
                | Some column ->
                    let kind, values = describe (isLevels.Contains name) column
                    [ name; kind; string (missing column); values ]
                | None -> ()
        ]

    /// Rows used and left out, and levels of grouping factors.
    let sentences (fit: Fit) : string list = [
        let design = fit.Design
        let all = design.Schema.Frame.Rows

        let left = [
            if design.MissingRows > 0 then
                $"{design.MissingRows} with a missing value in a column of the model"

            if design.ZeroWeightRows > 0 then
                $"{design.ZeroWeightRows} of weight zero"
        ]

        match left with
        | [] -> $"The data have {all:N0} rows; all of them are used."
        | reasons ->
            let reasons = String.concat " and " reasons
            $"The data have {all:N0} rows; {fit.Observations:N0} of them are used. Left out: {reasons}."

        for group, count in fit.Groups do
            let rows = float fit.Observations / float count
            $"{group} has {count:N0} levels, with {Sentences.number rows} rows each on average."

        yield! design.Notes
    ]

    let private append (hash: IncrementalHash) (text: string) =
        hash.AppendData(Encoding.UTF8.GetBytes text)
        // Names must not run into each other.
        hash.AppendData [| 0uy |]

    /// <summary>SHA-256 of the columns that the model names, with their names, levels and missing values: the same for the same data,
    /// whatever file they came from.</summary>
    let fingerprint (fit: Fit) : string =
        let data = fit.Design.Schema.Frame
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

        let number (value: float) =
            hash.AppendData(BitConverter.GetBytes(BitConverter.DoubleToInt64Bits value))

        for name in namesOf fit |> List.sort do
            append hash name

            match data.TryColumn name with
            | Some(Column.Numeric values) -> values |> Seq.iter number
            | Some(Column.Labelled(values, labels)) ->
                values |> Seq.iter number
                labels |> Seq.iter (append hash)
            | Some(Column.Categorical(levels, codes)) ->
                levels |> Seq.iter (append hash)
                codes |> Seq.iter (float >> number)
            | None -> ()

        Convert.ToHexStringLower(hash.GetHashAndReset())
