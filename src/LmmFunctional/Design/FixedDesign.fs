namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The fixed effects of a model met with its data: X of full column rank, and what was left out of it.
/// </summary>
[<ReferenceEquality>]
type FixedDesign = {
    /// The kept columns, n×p, on the user's scale.
    Matrix: Matrix
    /// R's name of each kept column.
    Names: ImmutableArray<string>
    /// The names of columns that depend linearly on those before them, in order; they have no coefficient.
    Dropped: ImmutableArray<string>
    /// R's name of every column, kept or dropped, in the order of the terms.
    AllNames: ImmutableArray<string>
    /// For every column of AllNames, the index of its term in Terms.
    TermOf: ImmutableArray<int>
    /// The terms, in order, dots expanded.
    Terms: ImmutableArray<Term>
    /// A basis of the null space of the full X: AllNames by dropped columns. L'β is estimable when L'(this) = 0.
    NullSpace: Matrix
    /// Coefficients a with X a = 1 exactly, when the constant is in the span of X.
    Constant: ImmutableArray<float> option
} with

    /// The coefficients of the constant in an array of its own.
    member internal design.ConstantCoefficients =
        design.Constant |> Option.map (fun own -> own.AsSpan().ToArray())

/// <summary>Building the fixed effects.</summary>
[<RequireQualifiedAccess>]
module internal FixedDesign =

    // The columns of X, the rank's triangle and its copy, all of them doubles.
    let private bytes n p =
        8.0 * float p * (float n + 2.0 * float p)

    let private available () =
        float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

    let private keepColumns n (kept: int[]) (x: float[]) =
        if kept.Length * n = x.Length then
            x
        else
            let result = Array.zeroCreate (kept.Length * n)

            kept
            |> Array.iteri (fun target source -> Array.Copy(x, source * n, result, target * n, n))

            result

    let private nullSpace p (rank: Rank) =
        let values = Array.zeroCreate (p * rank.Dropped.Length)

        rank.Dropped
        |> Array.iteri (fun d column ->
            values[column + d * p] <- 1.0

            (rank.Kept, rank.Coefficients[d])
            ||> Array.iter2 (fun kept b -> values[kept + d * p] <- 0.0 - b))

        Matrix(p, rank.Dropped.Length, values)

    let private isOne (x: Matrix) (a: float[]) =
        let sums = Array.zeroCreate<float> x.Rows

        a
        |> Array.iteri (fun j weight ->
            if weight <> 0.0 then
                for i in 0 .. x.Rows - 1 do
                    sums[i] <- sums[i] + weight * x.Values[i + j * x.Rows])

        sums |> Array.forall ((=) 1.0)

    // The intercept, or the indicators of every level of a factor or an interaction of factors.
    let private constant (x: Matrix) (coded: CodedTerm list) (termOfKept: int[]) =
        let isPartition term =
            term.Variables
            |> List.forall (fun coded -> coded.ByLevel && Variable.isFactor coded.Variable)

        coded
        |> List.indexed
        |> List.filter (fun (_, term) -> isPartition term)
        |> List.map (fun (index, _) -> termOfKept |> Array.map (fun term -> if term = index then 1.0 else 0.0))
        |> List.tryFind (fun a -> (coded.Head.Variables.IsEmpty && a[0] = 1.0) || isOne x a)

    let private ofCoded (selection: Selection) (coded: CodedTerm list) (x: float[]) =
        let n = selection.Count
        let names = coded |> List.map TermCoding.names
        let allNames = Array.concat names
        let p = allNames.Length

        let termOf =
            names
            |> List.mapi (fun index names -> Array.create names.Length index)
            |> Array.concat

        let rank = Rank.find n p x
        let matrix = Matrix(n, rank.Kept.Length, keepColumns n rank.Kept x)
        let pick (values: 'T[]) indices = indices |> Seq.map (fun j -> values[j])

        {
            Matrix = matrix
            Names = pick allNames rank.Kept |> ImmutableArray.CreateRange
            Dropped = pick allNames rank.Dropped |> ImmutableArray.CreateRange
            AllNames = ImmutableArray.CreateRange allNames
            TermOf = ImmutableArray.CreateRange termOf
            Terms = coded |> Seq.map _.Term |> ImmutableArray.CreateRange
            NullSpace = nullSpace p rank
            Constant =
                constant matrix coded (pick termOf rank.Kept |> Array.ofSeq)
                |> Option.map ImmutableArray.CreateRange
        }

    // Variables are finite, but a product of two may not be.
    let private overflow (selection: Selection) (coded: CodedTerm list) (x: float[]) =
        let isProduct term =
            term.Variables
            |> List.filter (fun coded -> not (Variable.isFactor coded.Variable))
            |> List.length
            |> (<) 1

        if not (List.exists isProduct coded) then
            None
        else
            match Array.FindIndex(x, (fun value -> (NumericTyping.problemOf "" value 0).IsSome)) with
            | -1 -> None
            | index ->
                let names = coded |> Seq.collect TermCoding.names |> Array.ofSeq
                let row = selection.Rows[index % selection.Count]
                NumericTyping.problemOf names[index / selection.Count] x[index] (row + 1)

    // The columns of the term of one factor that has most of them, and its levels.
    let private largestFactor (coded: CodedTerm list) =
        coded
        |> List.choose (fun term ->
            match term.Variables with
            | [ {
                    Variable = {
                                   Name = name
                                   Kind = VariableKind.Factor factor
                               }
                } ] -> Some(name, Categories.count factor.Categories)
            | _ -> None)
        |> List.sortByDescending snd
        |> List.tryHead

    // More columns than rows; a factor that takes half of the rows or more is named.
    let private tooFew n (p: int64) (coded: CodedTerm list) =
        let p = int (min p (int64 Int32.MaxValue))

        match largestFactor coded with
        | Some(name, levels) when coded.Length > 2 && 2 * levels > n -> LmmError.RowsExhausted(n, p, name, levels)
        | _ -> LmmError.TooFewRows(n, p)

    // A factor with a level for every row leaves nothing over; X itself would be too large to find that out.
    let private hasLevelPerRow (selection: Selection) (coded: CodedTerm list) =
        match largestFactor coded with
        | Some(_, levels) -> levels >= selection.Count
        | None -> false

    /// <summary>The fixed effects and the coding they were made by.</summary>
    /// <param name="selection">The rows used.</param>
    /// <param name="terms">The terms, dots expanded.</param>
    /// <returns>The design, or: what is wrong with the variables, too few rows, too large a matrix.</returns>
    let build (selection: Selection) (terms: Terms) : Result<FixedDesign * CodedTerm list, LmmError list> =
        terms.Items
        |> List.collect _.Factors
        |> List.distinct
        |> List.map (VariableTyping.resolve selection)
        |> Problems.all
        |> Result.bind (fun variables ->
            let byExpr =
                variables |> List.map (fun variable -> variable.Expr, variable) |> Map.ofList

            let coded = TermCoding.code byExpr terms.Items
            let n, p = selection.Count, coded |> List.sumBy TermCoding.columns
            let needed = bytes n p

            if hasLevelPerRow selection coded then
                Error [ tooFew n p coded ]
            elif needed > available () || int64 n * p > int64 Array.MaxLength then
                Error [ LmmError.TooLarge("The matrix of the fixed effects", needed, available ()) ]
            else
                let x = ModelMatrix.values selection coded

                match overflow selection coded x with
                | Some problem -> Error [ problem ]
                | None ->
                    let design = ofCoded selection coded x

                    if design.Names.Length >= n then
                        Error [ tooFew n (int64 design.AllNames.Length) coded ]
                    else
                        Ok(design, coded))
