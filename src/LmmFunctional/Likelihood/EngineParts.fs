namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>What moments of a model with structured random terms and independent residuals are made of, from an engine: nothing
/// has the size of the rows.</summary>
[<RequireQualifiedAccess>]
module internal EngineParts =

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    /// Without the column of y.
    let private ofFixed (engine: Engine) (a: float[]) =
        let p = engine.P - 1
        Array.init (p * p) (fun k -> a[k % p + k / p * engine.P]) |> symmetric p

    /// E of every level of a term, S×p each, side by side by columns of X: column c of all levels at c S ℓ.
    let private fixedScores (engine: Engine) (terms: StandardisedTerm[]) t : float[][] =
        let size, levels = terms[t].Factor.Order, terms[t].Levels

        let columns =
            Array.init (engine.P - 1) (fun _ -> Array.zeroCreate<float>(size * levels))

        for level in 0 .. levels - 1 do
            let own = engine.FixedScores(t, level)

            for c in 0 .. columns.Length - 1 do
                Array.blit own (c * size) columns[c] (level * size) size

        columns

    /// EᵀG̈_klE, p×p, of every pair of parameters; those of different terms are zero.
    let private seconds (engine: Engine) terms (directions: CovarianceDirections) : float[][] =
        let layout = directions.Layout
        let p, k = engine.P - 1, directions.Changes.Length
        let result = CovarianceMoments.pairs k (fun _ _ -> Array.zeroCreate (p * p))
        let scores = Array.init layout.Shapes.Length (fixedScores engine terms)

        for d in 0 .. p - 1 do
            for c in d .. p - 1 do
                let weights =
                    scores
                    |> Array.mapi (fun t columns ->
                        let size = layout.Shapes[t].Order
                        let levels = columns[c].Length / size

                        Dense.Multiply(size, size, levels, columns[c], false, columns[d], true)
                        |> symmetric size)

                let own = CovarianceDirections.curvature directions weights

                for i in 0 .. k - 1 do
                    for j in 0..i do
                        let target = result[CovarianceMoments.pair i j]
                        target[c + d * p] <- own[i, j]
                        target[d + c * p] <- own[i, j]

        result

    /// <summary>What the moments of a model are made of, at a θ.</summary>
    /// <param name="reml">Whether the criterion is REML.</param>
    /// <param name="terms">The random terms.</param>
    /// <param name="forms">A form for each of them: those of terms that θ holds the entries of, too.</param>
    /// <param name="layout">Where their parameters are in θ.</param>
    /// <param name="theta">The parameters.</param>
    /// <param name="factored">An engine factored there.</param>
    let at
        reml
        (terms: StandardisedTerm[])
        (forms: EffectsForm[])
        (layout: ThetaLayout)
        (theta: ImmutableArray<float>)
        (factored: IFactored)
        : MomentParts =
        let solved (action: Engine -> 'result) : 'result =
            factored.Run(fun engine ->
                engine.Solve()
                action engine)

        let layout = {
            layout with
                Forms = forms |> Array.map Some
        }

        let directions =
            CovarianceDirections.create layout theta (ThetaLayout.matrices layout theta)

        let derivatives = solved (fun engine -> engine.Derivatives reml)

        let along (select: TermDerivative -> float[]) =
            derivatives |> Array.map select |> CovarianceDirections.along directions

        let average = lazy (solved (fun engine -> engine.AverageOf directions))
        let trace = lazy (solved (fun engine -> engine.TraceOf(directions, reml)))
        let products = lazy (solved (fun engine -> engine.ScoreForms directions.Changes))

        let ofFixed (pick: struct (float[][] * float[][]) -> float[][]) =
            solved (fun engine -> pick products.Value |> Array.map (ofFixed engine))

        {
            FixedFactor = solved (fun engine -> Array.copy engine.FixedFactor)
            Parts = {
                Traces = along _.Trace
                Squares = along _.Square
                Combined = CriterionParts.combinedOf average trace
                Curvature =
                    fun weight ->
                        derivatives
                        |> Array.map (fun own ->
                            Array.map2 (fun trace square -> trace - weight * square) own.Trace own.Square)
                        |> CovarianceDirections.curvature directions
            }
            First = ofFixed (fun (struct (first, _)) -> first)
            Products = lazy (ofFixed (fun (struct (_, second)) -> second))
            Seconds = lazy (solved (fun engine -> seconds engine terms directions))
        }
