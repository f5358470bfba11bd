namespace LmmFunctional

open System

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

    let private columnsOf (x: Matrix) = Array.init x.Columns x.Column

    /// Whether the columns of X of the first are in the span of those of the second; the names of those that are not.
    let fixedOutside (smaller: Design) (larger: Design) : string list =
        if smaller.Fixed.Matrix.Equals larger.Fixed.Matrix then
            []
        else
            outside (columnsOf larger.Fixed.Matrix) (columnsOf smaller.Fixed.Matrix)
            |> List.map (fun j -> smaller.Fixed.Names[j])

    /// Whether two codings of the rows part them in the same way.
    let private samePartition (a: RandomDesign) (b: RandomDesign) =
        a.Levels.Length = b.Levels.Length
        && (Object.ReferenceEquals(a.Codes, b.Codes)
            || (let partner = Array.create a.Levels.Length -1
                let mutable isSame = true

                for row in 0 .. a.Codes.Length - 1 do
                    let code = a.Codes[row]

                    if partner[code] < 0 then
                        partner[code] <- b.Codes[row]
                    elif partner[code] <> b.Codes[row] then
                        isSame <- false

                isSame))

    /// Whether a column is another one times a constant.
    let private isMultiple (a: float[]) (b: float[]) = (outside [| a |] [| b |]).IsEmpty

    /// Whether a term of the larger model can take the covariance of a term of the smaller.
    let private covers (larger: RandomDesign) (smaller: RandomDesign) =
        samePartition larger smaller
        && match larger.Term.Structure with
           | Structure.Unstructured -> (outside larger.Columns smaller.Columns).IsEmpty
           | structure ->
               (structure = smaller.Term.Structure || smaller.Columns.Length = 1)
               && smaller.Columns
                  |> Array.forall (fun column -> larger.Columns |> Array.exists (fun own -> isMultiple own column))

    /// Why a model is no special case of another; None when it is one.
    let refusal (smaller: Design) (larger: Design) : string option =
        let fixedNames = fixedOutside smaller larger

        let terms =
            smaller.Random
            |> List.filter (fun term -> larger.Random |> List.exists (fun other -> covers other term) |> not)
            |> List.map (fun term -> TermText.deparseRandom term.Term)

        let quoted = List.map (fun name -> $"'{name}'") >> String.concat ", "

        let residual =
            if smaller.Spec.Residual = larger.Spec.Residual then
                None
            else
                Some "the residual structures differ"

        match fixedNames, terms with
        | [], [] when residual.IsSome -> residual
        | [], [] -> None
        | [], terms -> Some $"the larger model has no random term that contains {quoted terms}"
        | names, [] -> Some $"the fixed effects {quoted names} are not in the span of the larger model's"
        | names, terms ->
            Some
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
