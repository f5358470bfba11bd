namespace LmmFunctional

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional.Model
open LmmFunctional.Estimation

/// How a relationship is held.
[<RequireQualifiedAccess>]
type internal RelationshipForm =
    /// By its sparse inverse.
    | Precision of SparsePrecision
    /// By a dense factor, of any rank.
    | Root of DenseRoot

/// <summary>A known covariance matrix A between the levels of a grouping factor, up to the variance: effects of level i and
/// j have covariance A_ij G.</summary>
/// <remarks>Its levels are the levels of the random term, whether they occur in the data or not.</remarks>
[<Sealed; StructuredFormatDisplay("{Display}")>]
type Relationship internal (levels: ImmutableArray<string>, form: RelationshipForm, pedigree: Pedigree option) =
    let variances =
        match form with
        | RelationshipForm.Precision precision -> precision.Variances
        | RelationshipForm.Root root -> root.Variances

    /// The levels, in the order of the rows of A.
    member _.Levels = levels

    /// Whether it is held by its sparse inverse.
    member _.IsSparse =
        match form with
        | RelationshipForm.Precision _ -> true
        | RelationshipForm.Root _ -> false

    member internal _.Form = form

    /// The pedigree it is made of, if it is.
    member internal _.Pedigree = pedigree

    /// Codes that its pedigree has for unknown parents, besides an empty cell and 0, and how often each stands there.
    member internal _.UnknownCodes =
        match pedigree with
        | Some pedigree -> pedigree.UnknownCodes
        | None -> []

    /// The diagonal of A: 1 + F of each animal for a pedigree.
    member _.Variances: ImmutableArray<float> =
        ImmutableCollectionsMarshal.AsImmutableArray variances

    /// The mean of the diagonal of A.
    member internal _.MeanVariance = Array.average variances

    member private _.Display =
        let size = Plural.count levels.Length "level"

        match form with
        | RelationshipForm.Precision precision -> $"{size}, sparse inverse of {precision.Values.Length} elements"
        | RelationshipForm.Root root -> $"{size}, dense of rank {root.Rank}"

    /// Its size and form: 100 levels, dense of rank 99.
    override relationship.ToString() = relationship.Display

/// <summary>Making relationships.</summary>
[<RequireQualifiedAccess>]
module Relationship =

    // Elements that differ by no more than this, relative to the diagonal, are the same value written with few digits.
    let private symmetry = 1e-6

    let private repeated what (levels: string seq) = [
        for level, count in Seq.countBy id levels do
            if count > 1 then
                LmmError.RepeatedLevel(what, level)
    ]

    /// <summary>The numerator relationship matrix of a pedigree, by Henderson's rules with inbreeding.</summary>
    let ofPedigree (pedigree: Pedigree) : Relationship =
        Relationship(pedigree.Animals, RelationshipForm.Precision(HendersonInverse.create pedigree), Some pedigree)

    let internal denseOf what (levels: string seq) (matrix: Matrix) : Result<Relationship, LmmError list> =
        let levels = ImmutableArray.CreateRange levels
        let n = levels.Length

        if matrix.Rows <> n || matrix.Columns <> n then
            Error [ LmmError.NotSquare(what, matrix.Rows, matrix.Columns, None) ]
        else
            let asymmetric =
                Seq.allPairs (seq { 0 .. n - 1 }) (seq { 0 .. n - 1 })
                |> Seq.tryFind (fun (i, j) ->
                    let size = max (abs matrix[i, i]) (abs matrix[j, j])
                    i < j && not (abs (matrix[i, j] - matrix[j, i]) <= symmetry * size))

            let problems = [
                yield! repeated what levels

                match asymmetric with
                | Some(i, j) -> LmmError.NotSymmetric(what, levels[i], levels[j], matrix[i, j], matrix[j, i])
                | None -> ()
            ]

            if problems.IsEmpty then
                let values =
                    Array.init (n * n) (fun k -> 0.5 * (matrix[k % n, k / n] + matrix[k / n, k % n]))

                match DenseRoot.tryCreate n values with
                | Some root -> Ok(Relationship(levels, RelationshipForm.Root root, None))
                | None -> Error [ LmmError.NotPositiveDefinite(what, false) ]
            else
                Error(Problems.limit problems)

    /// <summary>A relationship from a dense matrix, positive semidefinite.</summary>
    /// <param name="levels">The levels, in the order of the rows.</param>
    /// <param name="matrix">A, q×q.</param>
    /// <returns>The relationship, or: a level named twice, a matrix that is not square with a row for each level, not
    /// symmetric, or not positive semidefinite.</returns>
    let ofMatrix (levels: string seq) (matrix: Matrix) : Result<Relationship, LmmError list> =
        denseOf "The known matrix" levels matrix

    /// The levels of a list of elements in their order, and each place once; what is wrong with them.
    let private gather what (elements: (string * string * float) seq) =
        let numbers = Dictionary<string, int>(StringComparer.Ordinal)
        let levels = ResizeArray<string>()

        let numberOf level =
            match numbers.TryGetValue level with
            | true, number -> number
            | false, _ ->
                numbers[level] <- levels.Count
                levels.Add level
                levels.Count - 1

        let elements = Array.ofSeq elements
        // The diagonal decides the order: most programs write it row by row.
        for row, _, _ in elements do
            numberOf row |> ignore

        let values = Dictionary<struct (int * int), float>()
        let problems = ResizeArray<LmmError>()

        for row, column, value in elements do
            let i, j = numberOf row, numberOf column
            let key = struct (min i j, max i j)

            match values.TryGetValue key with
            | true, other when not (abs (other - value) <= symmetry * max (abs other) (abs value)) ->
                if problems.Count < 20 then
                    problems.Add(LmmError.RepeatedElement(what, row, column))
            | true, _ -> ()
            | false, _ -> values[key] <- value

        levels.ToArray(), values, List.ofSeq problems

    let internal inverseOf what (elements: (string * string * float) seq) : Result<Relationship, LmmError list> =
        let levels, values, problems = gather what elements

        if problems.IsEmpty then
            let diagonal: float[] = Array.zeroCreate levels.Length

            let beside = [|
                for KeyValue(struct (i, j), value) in values do
                    if i = j then diagonal[i] <- value else struct (i, j, value)
            |]

            match SparsePrecision.tryFactor diagonal beside with
            | Some precision ->
                Ok(Relationship(ImmutableArray.CreateRange levels, RelationshipForm.Precision precision, None))
            | None -> Error [ LmmError.NotPositiveDefinite(what, true) ]
        else
            Error problems

    /// <summary>A relationship from its sparse inverse A⁻¹.</summary>
    /// <param name="elements">Row, column and value; one or both triangles, zeros left out.</param>
    /// <returns>The relationship, or: an element given twice with different values, or an inverse that is not positive
    /// definite.</returns>
    let ofInverse (elements: (string * string * float) seq) : Result<Relationship, LmmError list> =
        inverseOf "The known inverse" elements

    let internal elementsOf what (elements: (string * string * float) seq) : Result<Relationship, LmmError list> =
        let levels, values, problems = gather what elements
        let n = levels.Length

        if problems.IsEmpty then
            Matrix.init n n (fun i j ->
                match values.TryGetValue(struct (min i j, max i j)) with
                | true, value -> value
                | false, _ -> 0.0)
            |> denseOf what levels
        else
            Error problems

    /// <summary>A relationship from the elements of A.</summary>
    /// <param name="elements">Row, column and value; one or both triangles, zeros left out.</param>
    /// <returns>The relationship, or its problems as those of <c>ofMatrix</c>, or: an element given twice with different
    /// values.</returns>
    let ofElements (elements: (string * string * float) seq) : Result<Relationship, LmmError list> =
        elementsOf "The known matrix" elements
