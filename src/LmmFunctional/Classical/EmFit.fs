namespace LmmFunctional.Classical

open System
open System.Collections.Immutable
open LmmFunctional

/// <summary>EM beside Newton, Fisher and average information: fits any model of <c>Lmm.fit</c>, by likelihood or restricted
/// likelihood.</summary>
/// <remarks>The covariance of a term's effects becomes the mean of their expected squares given the data, which by the score
/// D = ∂(−2ℓ)/∂G is G − GDG/m for m levels; β and σ² are profiled out at each step (ECME: Liu and Rubin 1994). No step raises
/// the criterion, and no covariance leaves the semidefinite cone; a covariance on its boundary is reached in the limit only,
/// slowly.</remarks>
[<RequireQualifiedAccess>]
module EmFit =

    // λ(I − λᵀDλ/m)λᵀ of one term.
    let private expected (term: RandomDesign) (lambda: float[]) (d: float[]) =
        let s = term.Names.Length
        let levels = float term.Levels.Length
        let at (a: float[]) i j = a[i + j * s]

        let product (a: float[]) transposed (b: float[]) =
            Array.init (s * s) (fun k ->
                let i, j = k % s, k / s
                Seq.sum (Seq.init s (fun l -> (if transposed then at a l i else at a i l) * at b l j)))

        let middle = product lambda true (product d false lambda)

        let inner =
            Array.init (s * s) (fun k -> (if k % s = k / s then 1.0 else 0.0) - middle[k] / levels)

        let outer = product lambda false inner

        Array.init (s * s) (fun k ->
            let i, j = k % s, k / s
            Seq.sum (Seq.init s (fun l -> at outer i l * at lambda j l)))

    let private factorOf (term: RandomDesign) (g: float[]) =
        let s = term.Names.Length

        if term.Term.Structure = Structure.Diagonal then
            Array.init (s * s) (fun k -> if k % s = k / s then sqrt (max 0.0 g[k]) else 0.0)
        else
            Semidefinite.factor s (Array.init (s * s) (fun k -> 0.5 * (g[k] + g[k % s * s + k / s])))

    let private step (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        let lambdas = ThetaLayout.matrices likelihood.Layout theta
        let d = LogLikelihood.covarianceScore likelihood theta

        likelihood.Design.Random
        |> List.mapi (fun t term -> expected term lambdas[t] d[t] |> factorOf term)
        |> Array.ofList
        |> ThetaLayout.withMatrices likelihood.Layout theta

    let private problems (likelihood: LogLikelihood) = [
        if likelihood.Design.Spec.Residual <> ResidualTerm.Independent then
            LmmError.NotClassical "its residuals are correlated or of unequal variance"

        for term in likelihood.Design.Random do
            match term.Term.Structure with
            | Structure.Diagonal
            | Structure.Unstructured when term.Term.PerLevelOf.IsNone -> ()
            | _ ->
                LmmError.NotClassical
                    $"random term '{TermText.deparseRandom term.Term}' has a structure without a closed EM step"
    ]

    /// <summary>The steps, without end: take as many as are wanted, and <c>Fit.ofIteration</c> makes a fit of any.</summary>
    /// <param name="likelihood">The likelihood of a model and its data.</param>
    /// <remarks>Each costs one evaluation with average information, by which it knows how far from the optimum it is.
    /// </remarks>
    let iterations (likelihood: LogLikelihood) : Iteration seq =
        let arrive number theta (before: ImmutableArray<float>) =
            let evaluation =
                likelihood.Objective.Evaluate theta (Order.Curvature Information.Average)

            Descent.arrive
                number
                theta
                evaluation
                Information.Average
                evaluation.Curvature
                (Descent.difference theta before)
                0
                infinity

        // Starting variances are never zero, where EM would stay.
        let first = likelihood.Objective.Start

        arrive 0 first first
        |> Seq.unfold (fun iteration ->
            let next = step likelihood iteration.Theta
            Some(iteration, arrive (iteration.Number + 1) next iteration.Theta))

    /// <summary>Fits a model by EM until the Newton decrement, the fall of −2ℓ still to be had, is small.</summary>
    /// <param name="criterion">What is maximised.</param>
    /// <param name="tolerance">The decrement to stop at: 1e-8.</param>
    /// <param name="maxIterations">Steps at most; EM may need thousands.</param>
    /// <param name="frame">The data.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The fit with its certificate, which says whether the steps were enough, or the problems of model and
    /// data.</returns>
    let fit criterion tolerance maxIterations (frame: Frame) (spec: LmmSpec) : Result<Fit, LmmError list> =
        Design.build spec frame
        |> Result.bind (LogLikelihood.create criterion)
        |> Result.bind (fun likelihood ->
            match problems likelihood with
            | [] ->
                let steps = iterations likelihood |> Seq.truncate (maxIterations + 1) |> Seq.cache

                let count =
                    steps
                    |> Seq.tryFindIndex (fun iteration -> iteration.Decrement <= tolerance)
                    |> Option.defaultValue maxIterations

                let path = steps |> Seq.truncate (count + 1) |> List.ofSeq

                Ok(
                    Fit.ofIterations likelihood path (fun () -> {
                        Build = TimeSpan.Zero
                        Solve = TimeSpan.Zero
                    })
                )
            | problems -> Error problems)
