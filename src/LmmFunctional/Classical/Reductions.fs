namespace LmmFunctional.Classical

open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Which sums of squares.</summary>
[<RequireQualifiedAccess>]
type SumsOfSquares =
    /// Each term after those before it, fixed terms first: with random terms, Henderson's method III.
    | TypeI
    /// Each term after all that do not contain it.
    | TypeII
    /// Each term after all others, under contrasts that sum to zero.
    | TypeIII

/// <summary>A sum of squares and what its expectation is made of.</summary>
[<NoComparison; ReferenceEquality>]
type internal Reduction = {
    Term: AnovaTerm
    Df: int
    SumOfSquares: float
    /// For every term of the model tr(Z'P_M Z), P_M the projection of this sum of squares.
    Traces: (AnovaTerm * float) list
}

/// <summary>Reductions in sums of squares from the triangle of a model.</summary>
[<RequireQualifiedAccess>]
module internal Reductions =

    // The columns of a matrix of stride p + 1 in another order.
    let private reorder (model: AnovaModel) (order: int[]) =
        let stride = model.P + 1

        order
        |> Array.collect (fun column -> Array.sub model.Triangle (column * stride) stride)

    // tr(Z'P_M Z) = the squares of rows of R⁻ᵀ X'Z that belong to the term; R is k×k with this stride.
    let private traces (r: float[]) stride (kept: int[]) (rows: int[]) (terms: AnovaTerm list) =
        terms
        |> List.map (fun term ->
            let square =
                term.CrossProducts
                |> Array.sumBy (fun product ->
                    let q = kept |> Array.map (fun column -> product[column])

                    for i in 0 .. q.Length - 1 do
                        for k in 0 .. i - 1 do
                            q[i] <- q[i] - r[k + i * stride] * q[k]

                        q[i] <- q[i] / r[i + i * stride]

                    rows |> Array.sumBy (fun row -> q[row] * q[row]))

            term, square)

    /// Terms of an order of columns: each with what it adds to those before it.
    let private sequential (model: AnovaModel) (wanted: AnovaTerm list) (order: int[]) =
        let stride = model.P + 1
        let rank = Rank.find stride order.Length (reorder model order)
        let kept = rank.Kept |> Array.map (fun place -> order[place])
        let k = kept.Length + 1

        let r =
            Rank.triangle stride k (Array.create k 1.0) (reorder model (Array.append kept [| model.P |]))

        wanted
        |> List.map (fun term ->
            let rows =
                [| 0 .. kept.Length - 1 |]
                |> Array.filter (fun row -> Array.contains kept[row] term.Columns)

            {
                Term = term
                Df = rows.Length
                SumOfSquares =
                    rows
                    |> Array.sumBy (fun row ->
                        let value = r[row + (k - 1) * k]
                        value * value)
                Traces = traces r k kept rows model.Terms
            })

    let private intercept (model: AnovaModel) =
        let termed =
            model.Terms
            |> List.collect (fun term -> List.ofArray term.Columns)
            |> Set.ofList

        [| 0 .. model.P - 1 |] |> Array.filter (termed.Contains >> not)

    let private columnsOf (terms: AnovaTerm list) =
        terms |> Seq.collect _.Columns |> Array.ofSeq

    let private contains (inner: AnovaTerm) (outer: AnovaTerm) =
        inner.Term.Factors
        |> List.forall (fun factor -> List.contains factor outer.Term.Factors)

    /// <summary>The sum of squares of every term, in the order of the model.</summary>
    /// <param name="kind">Which sums of squares.</param>
    /// <param name="model">The model.</param>
    let all kind (model: AnovaModel) : Reduction list =
        match kind with
        | SumsOfSquares.TypeI ->
            let fixedFirst =
                model.Terms |> List.sortBy (fun term -> if term.IsRandom then 1 else 0)

            sequential model model.Terms (Array.append (intercept model) (columnsOf fixedFirst))
        | SumsOfSquares.TypeII ->
            model.Terms
            |> List.map (fun term ->
                let before = model.Terms |> List.filter (contains term >> not)

                Array.concat [ intercept model; columnsOf before; term.Columns ]
                |> sequential model [ term ]
                |> List.head)
        | SumsOfSquares.TypeIII ->
            model.Terms
            |> List.map (fun term ->
                let others = model.Terms |> List.filter (fun other -> other.Name <> term.Name)

                Array.concat [ intercept model; columnsOf others; term.Columns ]
                |> sequential model [ term ]
                |> List.head)

    /// The sum of squares that all terms leave, with its degrees of freedom.
    let residual (model: AnovaModel) =
        let stride = model.P + 1
        let rank = Rank.find stride model.P (Array.sub model.Triangle 0 (stride * model.P))
        let k = rank.Kept.Length + 1

        let r =
            Rank.triangle stride k (Array.create k 1.0) (reorder model (Array.append rank.Kept [| model.P |]))

        let length = r[k * k - 1]
        model.Observations - rank.Kept.Length, length * length

    /// The sum of squares about the mean, or about zero without an intercept.
    let total (model: AnovaModel) =
        let mean =
            if model.HasIntercept then
                Array.average model.Response
            else
                0.0

        model.Observations - (if model.HasIntercept then 1 else 0),
        model.Response |> Array.sumBy (fun y -> (y - mean) ** 2.0)
