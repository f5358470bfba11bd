namespace LmmFunctional.Estimation

open System

/// <summary>The columns of one variable in the selected rows.</summary>
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal VariableColumns =
    | Values of float[][]
    /// One where the row's code is the column's level.
    | Indicators of codes: int[] * levels: int[]
    /// For each column the value at each level.
    | Contrasts of codes: int[] * byLevel: float[][]

/// <summary>The columns of terms, for the data of the fit or for new data.</summary>
[<RequireQualifiedAccess>]
module internal ModelMatrix =

    let private columnsOf (selection: Selection) coded =
        match coded.Variable.Kind with
        | VariableKind.Number expr -> VariableColumns.Values [| selection.Evaluate expr |]
        | VariableKind.Basis(basis, expr) -> VariableColumns.Values(Basis.evaluate basis (selection.Evaluate expr))
        | VariableKind.Factor factor ->
            let codes = Categories.codes factor.Categories selection
            let count = Categories.count factor.Categories

            match factor.Contrast with
            | _ when coded.ByLevel -> VariableColumns.Indicators(codes, [| 0 .. count - 1 |])
            | Contrast.Treatment -> VariableColumns.Indicators(codes, [| 1 .. count - 1 |])
            | Contrast.Sas -> VariableColumns.Indicators(codes, [| 0 .. count - 2 |])
            | contrast -> VariableColumns.Contrasts(codes, Contrast.columns contrast count)

    let private width columns =
        match columns with
        | VariableColumns.Values values -> values.Length
        | VariableColumns.Indicators(_, levels) -> levels.Length
        | VariableColumns.Contrasts(_, byLevel) -> byLevel.Length

    // Writes one column over ones, or multiplies it into what is there.
    let private multiplyInto (target: Span<float>) columns index =
        match columns with
        | VariableColumns.Values values ->
            let column = values[index]

            for i in 0 .. target.Length - 1 do
                target[i] <- target[i] * column[i]
        | VariableColumns.Indicators(codes, levels) ->
            let level = levels[index]

            for i in 0 .. target.Length - 1 do
                if codes[i] <> level then
                    target[i] <- 0.0
        | VariableColumns.Contrasts(codes, byLevel) ->
            let column = byLevel[index]

            for i in 0 .. target.Length - 1 do
                target[i] <- target[i] * column[codes[i]]

    let private write (target: Span<float>) (variables: VariableColumns list) index =
        let mutable rest = index

        match variables with
        | VariableColumns.Values values :: _ -> values[rest % values.Length].AsSpan().CopyTo target
        | _ -> target.Fill 1.0

        for position in 0 .. variables.Length - 1 do
            let columns = variables[position]
            let count = width columns

            match position, columns with
            | 0, VariableColumns.Values _ -> ()
            | _ -> multiplyInto target columns (rest % count)

            rest <- rest / count

    /// <summary>The columns of terms one after another, n×p by columns.</summary>
    /// <param name="selection">The rows, n.</param>
    /// <param name="terms">The terms, with p columns in all.</param>
    let values (selection: Selection) (terms: CodedTerm list) : float[] =
        let n = selection.Count
        let p = terms |> List.sumBy TermCoding.columns |> int
        let result = Array.zeroCreate (n * p)
        let mutable start = 0

        for term in terms do
            let variables = term.Variables |> List.map (columnsOf selection)

            for index in 0 .. int (TermCoding.columns term) - 1 do
                write (result.AsSpan(start, n)) variables index
                start <- start + n

        result

    /// <summary>The columns of terms, each of length n; a numeric column that needs no change is not copied.</summary>
    let columns (selection: Selection) (terms: CodedTerm list) : float[][] = [|
        for term in terms do
            match term.Variables |> List.map (columnsOf selection) with
            | [ VariableColumns.Values values ] -> yield! values
            | variables ->
                for index in 0 .. int (TermCoding.columns term) - 1 do
                    let column = Array.zeroCreate selection.Count
                    write (column.AsSpan()) variables index
                    column
    |]
