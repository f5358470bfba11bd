namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>The steps of EM and PX-EM on the engines: from θ to a θ at which the criterion is no higher.</summary>
/// <remarks>The covariance G of a term's effects, relative to σ², becomes the mean of their expected squares given the
/// data, which by the score D = ∂(−2ℓ)/∂G is G − GDG/m for m levels; β and σ² are profiled out at each step (ECME: Liu
/// and Rubin 1994). PX-EM (Liu, Rubin and Wu 1998) also maximises over a matrix α that the effects are multiplied with:
/// its score is DG, its information the sum of Z_j'Z_j ⊗ E(u_j u_j'|y), and αGα' takes the place of G. It goes term after
/// term, each with an expectation of its own, so that no step raises the criterion.</remarks>
[<RequireQualifiedAccess>]
module internal ExpectationSteps =

    /// Whether the algorithm is one of these.
    let isMeant algorithm =
        match algorithm with
        | Algorithm.Em
        | Algorithm.PxEm -> true
        | Algorithm.NewtonRaphson
        | Algorithm.FisherScoring
        | Algorithm.AverageInformation -> false

    /// <summary>Why EM has no step for a model; nothing where it has, or where the algorithm is another.</summary>
    /// <param name="options">The algorithm, and what is held.</param>
    /// <param name="design">The model with its data.</param>
    let problems (options: FitOptions) (design: Design) : LmmError list = [
        if isMeant options.Solver.Algorithm then
            if design.Spec.Residual <> ResidualTerm.Independent then
                LmmError.NoEmStep "its residuals are correlated or of unequal variance"

            if not options.Held.IsEmpty then
                LmmError.NoEmStep "some of its variances are held"

            if not options.Bounds.IsEmpty then
                LmmError.NoEmStep "some of its parameters are bounded"

            for term in design.Random do
                match term.Term.Structure with
                | Structure.Diagonal
                | Structure.Unstructured when term.Term.PerLevelOf.IsNone -> ()
                | _ -> LmmError.NoEmStep $"the structure of '{TermText.deparseRandom term.Term}' has no closed step"
    ]

    let private product n (a: float[]) (b: float[]) : float[] =
        let c: float[] = Array.zeroCreate (n * n)
        Small.Multiply(n, a, 0, false, b, 0, c, 0)
        c

    // λ(I − λᵀDλ/m)λᵀ.
    let private expected levels n (lambda: float[]) (d: float[]) =
        let score = Semidefinite.congruence n (Small.transposed n lambda) d

        Array.init (n * n) (fun k -> (if k % n = k / n then 1.0 else 0.0) - score[k] / float levels)
        |> Semidefinite.congruence n lambda

    let private factorOf (term: RandomDesign) n (g: float[]) =
        if term.Term.Structure = Structure.Diagonal then
            Array.init (n * n) (fun k -> if k % n = k / n then sqrt (max 0.0 g[k]) else 0.0)
        else
            Semidefinite.factor n (Array.init (n * n) (fun k -> 0.5 * (g[k] + g[k % n * n + k / n])))

    // Z_j'Z_j of every level of a term on the inner scale, n×n by columns.
    let private squares (standard: Standardised) (term: StandardisedTerm) : float[] =
        let n = term.Factor.Order
        let sums: float[] = Array.zeroCreate (term.Levels * n * n)

        for row in 0 .. standard.Rows - 1 do
            let at = term.Codes[row] * n * n

            let weight =
                match standard.RootWeights with
                | Some roots -> roots[row] * roots[row]
                | None -> 1.0

            for j in 0 .. n - 1 do
                for i in 0 .. n - 1 do
                    sums[at + i + j * n] <- sums[at + i + j * n] + weight * term.Columns[i][row] * term.Columns[j][row]

        sums

    // E(u_j u_j'|y)/σ² of every level, n×n by columns.
    let private moments (likelihood: LogLikelihood) t lambdas : float[] =
        let term = likelihood.Standard.Terms[t]
        let n = term.Factor.Order
        let g = Semidefinite.square n (Array.item t lambdas)
        let result: float[] = Array.zeroCreate (term.Levels * n * n)

        LogLikelihood.withEngine likelihood lambdas (fun engine ->
            engine.Solve()

            // Under REML β is as missing as the effects.
            let columns =
                match likelihood.Kind with
                | Criterion.Ml -> 0
                | Criterion.Reml -> engine.P - 1

            let root = sqrt (float (engine.Rows - columns))

            for level in 0 .. term.Levels - 1 do
                let at = level * n * n
                Array.blit (engine.ConditionalCovariance(t, level)) 0 result at (n * n)

                let add (score: int -> float) =
                    let image =
                        Array.init n (fun i -> Seq.init n (fun k -> g[i + k * n] * score k) |> Seq.sum)

                    for j in 0 .. n - 1 do
                        for i in 0 .. n - 1 do
                            result[at + i + j * n] <- result[at + i + j * n] + image[i] * image[j]

                add (fun k -> root * engine.Score(t, level, k))
                let fixedScores = if columns = 0 then [||] else engine.FixedScores(t, level)

                for c in 0 .. columns - 1 do
                    add (fun k -> fixedScores[k + c * n]))

        result

    // I − α, from the score DG and the information of α; zero where that is singular, as at a variance of zero.
    let private expansion isDiagonal n (squares: float[]) (moments: float[]) (score: float[]) : float[] =
        let places = [|
            for k in 0 .. n * n - 1 do
                if not isDiagonal || k % n = k / n then
                    k
        |]

        let size = places.Length
        let information: float[] = Array.zeroCreate (size * size)

        for at in 0 .. n * n .. squares.Length - 1 do
            for b in 0 .. size - 1 do
                for a in 0 .. size - 1 do
                    let p, q = places[a], places[b]

                    information[a + b * size] <-
                        information[a + b * size]
                        + squares[at + p % n + q % n * n] * moments[at + p / n + q / n * n]

        let change = places |> Array.map (fun k -> score[k])
        let result: float[] = Array.zeroCreate (n * n)

        if Small.Cholesky(size, information, 0) then
            Small.SolveLower(size, information, 0, 1, change, 0)
            Small.SolveLowerTransposed(size, information, 0, 1, change, 0)
            places |> Array.iteri (fun a k -> result[k] <- change[a])

        result

    let private emStep (likelihood: LogLikelihood) theta =
        let lambdas = ThetaLayout.matrices likelihood.Layout theta
        let d = LogLikelihood.covarianceScore likelihood theta

        likelihood.Design.Random
        |> List.mapi (fun t term ->
            let n = term.Names.Length
            expected term.Levels.Length n lambdas[t] d[t] |> factorOf term n)
        |> Array.ofList
        |> ThetaLayout.withMatrices likelihood.Layout theta

    let private pxStep (likelihood: LogLikelihood) (squares: float[] list) theta =
        let one theta (t, (term: RandomDesign)) =
            let n = term.Names.Length
            let lambdas = ThetaLayout.matrices likelihood.Layout theta
            let d = (LogLikelihood.covarianceScore likelihood theta)[t]
            let score = product n d (Semidefinite.square n lambdas[t])
            let isDiagonal = (term.Term.Structure = Structure.Diagonal)

            let away = expansion isDiagonal n squares[t] (moments likelihood t lambdas) score

            let alpha =
                Array.init (n * n) (fun k -> (if k % n = k / n then 1.0 else 0.0) - away[k])

            let g =
                expected term.Levels.Length n lambdas[t] d |> Semidefinite.congruence n alpha

            lambdas
            |> Array.mapi (fun other lambda -> if other = t then factorOf term n g else lambda)
            |> ThetaLayout.withMatrices likelihood.Layout theta

        List.indexed likelihood.Design.Random |> List.fold one theta

    /// <summary>The step of an algorithm on a model for which it has one.</summary>
    /// <param name="algorithm">EM or PX-EM; None for the others, which the solver knows itself.</param>
    /// <param name="likelihood">The likelihood of the model.</param>
    let rule algorithm (likelihood: LogLikelihood) : (ImmutableArray<float> -> ImmutableArray<float>) option =
        match algorithm with
        | Algorithm.Em -> Some(emStep likelihood)
        | Algorithm.PxEm ->
            Some(pxStep likelihood (likelihood.Standard.Terms |> List.map (squares likelihood.Standard)))
        | Algorithm.NewtonRaphson
        | Algorithm.FisherScoring
        | Algorithm.AverageInformation -> None
