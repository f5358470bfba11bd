namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Whether one model is a special case of another, judged by their columns and grouping factors.</summary>
[<RequireQualifiedAccess>]
module internal Nesting =

    // A column left with less than this share of its length is in the span.
    let private negligible = 1e-7

    /// Columns of b that are not in the span of the columns of a, both given as arrays of n.
    let private outside (a: float[][]) (b: float[][]) : int list =
        if a.Length = 0 then
            [
                for j in 0 .. b.Length - 1 do
                    if b[j] |> Array.exists ((<>) 0.0) then
                        j
            ]
        else
            // Modified Gram-Schmidt, twice: n×p work and no n×n matrix.
            let basis = ResizeArray<float[]>()

            let dot (u: float[]) (v: float[]) =
                Array.fold2 (fun sum x y -> sum + x * y) 0.0 u v

            let residual (column: float[]) =
                let rest = Array.copy column

                for _ in 1..2 do
                    for q in basis do
                        let along = dot q rest

                        for i in 0 .. rest.Length - 1 do
                            rest[i] <- rest[i] - along * q[i]

                rest

            for column in a do
                let rest = residual column
                let size = sqrt (dot rest rest)

                if size > negligible * sqrt (dot column column) then
                    basis.Add(rest |> Array.map (fun v -> v / size))

            [
                for j in 0 .. b.Length - 1 do
                    let rest = residual b[j]

                    if sqrt (dot rest rest) > negligible * sqrt (dot b[j] b[j]) then
                        j
            ]

    /// The number of independent columns.
    let private rankOf (columns: float[][]) =
        columns
        |> Array.fold
            (fun kept column ->
                if (outside (Array.ofList kept) [| column |]).IsEmpty then
                    kept
                else
                    column :: kept)
            []
        |> List.length

    let private isConstant (column: float[]) = column |> Array.forall ((=) column[0])

    let private columnsOf (x: Matrix) = Array.init x.Columns x.Column

    /// Whether the columns of X of the first are in the span of those of the second; the names of those that are not.
    let fixedOutside (smaller: Design) (larger: Design) : string list =
        if smaller.Fixed.Matrix.Equals larger.Fixed.Matrix then
            []
        else
            outside (columnsOf larger.Fixed.Matrix) (columnsOf smaller.Fixed.Matrix)
            |> List.map (fun j -> smaller.Fixed.Names[j])

    /// Whether a column is another one times a constant.
    let private isMultiple (a: float[]) (b: float[]) = (outside [| a |] [| b |]).IsEmpty

    let private haveSameColumns (a: RandomDesign) (b: RandomDesign) =
        a.Columns.Length = b.Columns.Length
        && Array.forall2 isMultiple a.Columns b.Columns

    let private placesOf (term: RandomDesign) =
        match term.Axes with
        | [ _, coordinates ] -> InclusionPlaces.ofCoordinates coordinates
        | _ -> InclusionPlaces.ofCoordinates (Array.init term.Names.Length (fun place -> [| float place |]))

    let private sumOf (columns: float[][]) =
        columns |> Array.reduce (Array.map2 (+))

    /// How the covariance of a term of the smaller model lies in that of a term of the larger; None where it does not.
    let private covers (larger: RandomDesign) (smaller: RandomDesign) : Inclusion option =
        let isIn (columns: float[][]) =
            smaller.Columns
            |> Array.forall (fun own -> columns |> Array.exists (isMultiple own))

        let isSameMatrix =
            larger.Term.Relationship = smaller.Term.Relationship
            && (larger.PerLevel.IsNone && smaller.PerLevel.IsNone
                || larger.Term.PerLevelOf = smaller.Term.PerLevelOf)

        if not (isSameMatrix && ResidualNesting.isSame larger.Codes smaller.Codes) then
            None
        else
            match larger.Term.Structure, smaller.Term.Structure with
            | Structure.Unstructured, _ when (outside larger.Columns smaller.Columns).IsEmpty -> Some Inclusion.Interior
            | Structure.Diagonal, Structure.Diagonal when isIn larger.Columns -> Some Inclusion.Interior
            | Structure.Diagonal, _ when smaller.Columns.Length = 1 && isIn larger.Columns -> Some Inclusion.Interior
            | structure, own when haveSameColumns larger smaller ->
                if structure = own && larger.Axes = smaller.Axes then
                    Some Inclusion.Interior
                else
                    StructureInclusion.find (placesOf larger) own structure
            // One effect for all positions: a correlation of one.
            | structure, _ when
                smaller.Columns.Length = 1
                && (Catalogue.modelOf structure).Relations.CanBeOne
                && isMultiple (sumOf larger.Columns) smaller.Columns[0]
                ->
                Some(Inclusion.Boundary 1)
            | _ -> None

    /// The variances of a term that are zero where it holds just these terms.
    let private missing (term: RandomDesign) (held: RandomDesign list) : Inclusion =
        match held, term.Term.Structure with
        | [], Structure.Identity -> Inclusion.Boundary 1
        | [], _ when term.Names.Length = 1 -> Inclusion.Boundary 1
        | [], Structure.Diagonal -> Inclusion.Boundary term.Names.Length
        | [], _ -> Inclusion.Irregular
        | held, (Structure.Diagonal | Structure.Unstructured) ->
            match term.Names.Length - rankOf (held |> Array.ofList |> Array.collect _.Columns) with
            | 0 -> Inclusion.Interior
            | count -> Inclusion.Boundary count
        | _ -> Inclusion.Interior

    /// <summary>How a model lies in another: in its region, at bounds of it, or where parameters do not matter.</summary>
    /// <returns>That, or why it is no special case.</returns>
    let find (smaller: Design) (larger: Design) : Result<Inclusion, string> =
        let fixedNames = fixedOutside smaller larger

        // For each term the first of the larger model that covers it, by place.
        let placed =
            smaller.Random
            |> List.map (fun term ->
                term,
                larger.Random
                |> List.indexed
                |> List.tryPick (fun (place, other) ->
                    covers other term |> Option.map (fun inclusion -> place, inclusion)))

        let unplaced = placed |> List.filter (snd >> Option.isNone) |> List.map fst

        let residual, terms =
            match unplaced with
            | [ term ] when
                term.Names.Length = 1
                && term.Term.Relationship.IsNone
                && isConstant term.Columns[0]
                ->
                match ResidualNesting.ofSubjects term.Codes smaller larger with
                | Some inclusion -> Some inclusion, []
                | None -> ResidualNesting.find smaller larger, unplaced
            | _ -> ResidualNesting.find smaller larger, unplaced

        let quoted = List.map (fun name -> $"'{name}'") >> String.concat ", "
        let unheld = terms |> List.map (fun term -> TermText.deparseRandom term.Term)

        match fixedNames, unheld, residual with
        | [], [], Some residual ->
            let additions =
                larger.Random
                |> List.indexed
                |> List.map (fun (place, term) ->
                    placed
                    |> List.filter (fun (_, found) -> Option.map fst found = Some place)
                    |> List.map fst
                    |> missing term)

            let own = placed |> List.choose (snd >> Option.map snd)
            Ok(List.fold Inclusion.both residual (own @ additions))
        | [], [], None -> Error "the residual structure of the larger model does not contain that of the smaller"
        | [], terms, _ -> Error $"the larger model has no random term that contains {quoted terms}"
        | names, [], _ -> Error $"the fixed effects {quoted names} are not in the span of the larger model's"
        | names, terms, _ ->
            Error
                $"the fixed effects {quoted names} are not in the span of the larger model's, and it has no random term that contains {quoted terms}"

    /// Whether both have the same rows, response, offset and weights.
    let sameData (a: Design) (b: Design) =
        let same (x: float[] option) (y: float[] option) =
            match x, y with
            | None, None -> true
            | Some x, Some y -> x.AsSpan().SequenceEqual(y.AsSpan())
            | _ -> false

        a.Response.AsSpan().SequenceEqual(b.Response.AsSpan())
        && same a.Offset b.Offset
        && same a.Weights b.Weights
