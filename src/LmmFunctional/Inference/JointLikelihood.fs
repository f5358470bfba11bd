namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>log σ̂² as a function of θ, the part of the likelihood in which σ was profiled out.</summary>
[<NoComparison; ReferenceEquality>]
type internal ProfiledScale = {
    /// log σ̂²(θ) on the scale of the data.
    LogVariance: float
    /// Its first derivatives, length k.
    Gradient: float[]
    /// Its second derivatives, k×k; computed when first asked for.
    Curvature: Lazy<Matrix>
}

/// <summary>−2 log likelihood as a function of (θ, log σ): the residual standard deviation is a parameter again. θ holds what is
/// estimated only.</summary>
/// <remarks>With f the profiled criterion, u = log σ̂²(θ), d degrees of freedom and δ = u − 2 log σ it is
/// f(θ) + d (e^δ − δ − 1): no more than the profiled function and σ̂² is needed, whatever the parameters in θ stand for.
/// Where a held variance makes σ² known, or a coordinate of θ already, the coordinates are θ alone.</remarks>
[<RequireQualifiedAccess>]
module internal JointLikelihood =

    /// Degrees of freedom of σ²: n, less p under REML.
    let df (likelihood: LogLikelihood) =
        LogLikelihood.degreesOfFreedom likelihood

    /// All of θ, what is held among it.
    let private wholeOf likelihood (theta: ImmutableArray<float>) =
        (LogLikelihood.pointAt likelihood theta).Theta

    /// The places of what is estimated.
    let private freeOf (likelihood: LogLikelihood) =
        likelihood.Held.Free (likelihood.Full None).Names.Length

    /// log σ̂² alone.
    let logVarianceAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float =
        let square = wholeOf likelihood theta |> LogLikelihood.residualSquare likelihood
        log (square / df likelihood) + 2.0 * log likelihood.Standard.ResponseScale

    /// Second derivatives of log r² from closed forms: 2F − ssᵀ − 2⟨S, E_kE_lᵀ⟩, S the squares of the scores.
    let private plainCurvature (likelihood: LogLikelihood) (slopes: float[]) (theta: ImmutableArray<float>) : Matrix =
        let lambdas = ThetaLayout.matrices likelihood.Layout (wholeOf likelihood theta)
        let free = freeOf likelihood
        let entries = likelihood.Layout.Entries
        let reml = (likelihood.Kind = Criterion.Reml)

        LogLikelihood.withEngine likelihood lambdas (fun engine ->
            engine.Solve()
            let squares = engine.Derivatives reml |> Array.map _.Square
            let second = engine.Average entries

            let own k l =
                let a, b = entries[k], entries[l]

                if a.Term = b.Term && a.Column = b.Column then
                    2.0 * squares[a.Term][a.Row + b.Row * likelihood.Layout.Shapes[a.Term].Order]
                else
                    0.0

            Matrix.init free.Length free.Length (fun i j ->
                let k, l = free[i], free[j]
                2.0 * second[k, l] - slopes[i] * slopes[j] - own k l))

    /// −∂ log r²/∂θ.
    let private squares (likelihood: LogLikelihood) theta =
        let all = wholeOf likelihood theta |> LogLikelihood.squares likelihood
        freeOf likelihood |> Array.map (fun place -> all[place])

    // Of parameters whose second derivatives have no closed form here.
    let private differencedCurvature (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : Matrix =
        let slopes (x: float[]) =
            squares likelihood (ImmutableArray.CreateRange x) |> Array.map (fun s -> -s)

        let rough = Differences.jacobian slopes (Array.ofSeq theta)
        Matrix.init theta.Length theta.Length (fun i j -> 0.5 * (rough[i, j] + rough[j, i]))

    /// log σ̂² with its derivatives at a θ that can be evaluated.
    let scaleAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : ProfiledScale =
        let slopes = squares likelihood theta

        {
            LogVariance = logVarianceAt likelihood theta
            Gradient = slopes |> Array.map (fun s -> -s)
            Curvature =
                lazy
                    (match RowDependence.ofLikelihood likelihood with
                     | RowDependence.Independent when likelihood.Layout.IsPlain ->
                         plainCurvature likelihood slopes theta
                     | _ -> differencedCurvature likelihood theta)
        }

    let private split (omega: ImmutableArray<float>) =
        omega.RemoveAt(omega.Length - 1), omega[omega.Length - 1]

    /// All of θ, what is held among it, at (θ, log σ).
    let thetaOf (likelihood: LogLikelihood) (omega: ImmutableArray<float>) : ImmutableArray<float> =
        wholeOf
            likelihood
            (if likelihood.Held.IsProfiled then
                 fst (split omega)
             else
                 omega)

    /// log σ on the scale of the data at (θ, log σ).
    let logSigmaOf (likelihood: LogLikelihood) (omega: ImmutableArray<float>) : float =
        if likelihood.Held.IsProfiled then
            snd (split omega)
        else
            let variance =
                LogLikelihood.varianceAt likelihood (LogLikelihood.pointAt likelihood omega)

            0.5 * log variance + log likelihood.Standard.ResponseScale

    /// The covariance matrices at (θ, log σ).
    let estimates (likelihood: LogLikelihood) (omega: ImmutableArray<float>) =
        let logSigma = logSigmaOf likelihood omega
        let found = VarianceParameters.at likelihood (thetaOf likelihood omega) logSigma

        // In the limit of no residual variance the unit of the others is no variance.
        if RefinedLikelihood.isLimit likelihood then
            { found with Residual = 0.0 }
        else
            found

    /// (θ, log σ̂(θ)).
    let pointAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : ImmutableArray<float> =
        if likelihood.Held.IsProfiled then
            theta.Add(0.5 * logVarianceAt likelihood theta)
        else
            theta

    /// <summary>The curvature in (θ, log σ) from that of the profiled function, of any kind, at its optimum.</summary>
    /// <remarks>Profiling is a Schur complement: with s = −∇u the joint matrix in (θ, log σ²) is [C + d ssᵀ, d s; d sᵀ, d].</remarks>
    let information kind (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : Matrix =
        let evaluation = likelihood.Objective.Evaluate theta (Order.Curvature kind)

        if likelihood.Held.IsProfiled then
            let scale = scaleAt likelihood theta
            let d = df likelihood
            let k = theta.Length

            Matrix.init (k + 1) (k + 1) (fun i j ->
                match i < k, j < k with
                | true, true -> evaluation.Curvature[i, j] + d * scale.Gradient[i] * scale.Gradient[j]
                | true, false -> -2.0 * d * scale.Gradient[i]
                | false, true -> -2.0 * d * scale.Gradient[j]
                | false, false -> 4.0 * d)
        else
            evaluation.Curvature

    /// Observed curvature where it costs no more than another.
    let private observed (objective: Objective) order =
        match order with
        | Order.Curvature _ when objective.HasCheapCurvature -> Order.Curvature Information.Observed
        | Order.Curvature _
        | Order.Value
        | Order.Gradient -> order

    // Variances of zero are left by second derivatives, so that nothing is held fixed.
    let private unfixed (snapped: ImmutableArray<float>) : Boundary = {
        Snapped = snapped
        Active = []
        Fixed = ImmutableArray.CreateRange(Seq.replicate snapped.Length false)
        Escape = None
        Turn = None
    }

    let private ofProfiled (likelihood: LogLikelihood) (start: ImmutableArray<float>) : Objective =
        let profiled = likelihood.Objective
        let d = df likelihood

        let evaluate (omega: ImmutableArray<float>) order =
            let theta, logSigma = split omega
            let order = observed profiled order
            let inner = profiled.Evaluate theta order

            if not (Double.IsFinite inner.Value) then
                inner
            else
                let scale = lazy (scaleAt likelihood theta)
                let delta = logVarianceAt likelihood theta - 2.0 * logSigma
                let growth = exp delta
                let k = theta.Length

                let valued = {
                    inner with
                        Value = inner.Value + d * (growth - delta - 1.0)
                }

                let gradient () =
                    ImmutableArray.CreateRange(
                        Seq.append
                            (Seq.init k (fun i -> inner.Gradient[i] + d * (growth - 1.0) * scale.Value.Gradient[i]))
                            [ -2.0 * d * (growth - 1.0) ]
                    )

                match order with
                | Order.Value -> valued
                | Order.Gradient -> { valued with Gradient = gradient () }
                | Order.Curvature _ -> {
                    valued with
                        Gradient = gradient ()
                        Curvature =
                            Matrix.init (k + 1) (k + 1) (fun i j ->
                                match i < k, j < k with
                                | true, true ->
                                    inner.Curvature[i, j]
                                    + (if profiled.HasCheapCurvature then
                                           d * (growth - 1.0) * scale.Value.Curvature.Value[i, j]
                                       else
                                           0.0)
                                    + d * growth * scale.Value.Gradient[i] * scale.Value.Gradient[j]
                                | true, false -> -2.0 * d * growth * scale.Value.Gradient[i]
                                | false, true -> -2.0 * d * growth * scale.Value.Gradient[j]
                                | false, false -> 4.0 * d * growth)
                  }

        {
            Names = profiled.Names.Add "log sigma"
            Start = start
            FurtherStarts = lazy []
            Following = Following.Close
            Evaluate = evaluate
            Boundary =
                fun omega ->
                    let theta, logSigma = split omega
                    unfixed ((profiled.Boundary theta).Snapped.Add logSigma)
            HasCheapCurvature = profiled.HasCheapCurvature
            IsCurvatureAffordable = profiled.HasCheapCurvature
            Unbounded = profiled.Unbounded.Add false
            Ends = profiled.Ends.Add(ParameterEnds.none "log sigma")
            Ray = None
            Tolerance = max 1e-14 profiled.Tolerance
        }

    /// <summary>The objective in (θ, log σ), its curvature the observed one where that costs no more than another.</summary>
    let objective (likelihood: LogLikelihood) (start: ImmutableArray<float>) : Objective =
        if likelihood.Held.IsProfiled then
            ofProfiled likelihood start
        else
            let own = likelihood.Objective

            {
                own with
                    Start = start
                    FurtherStarts = lazy []
                    Evaluate = fun theta order -> own.Evaluate theta (observed own order)
                    Boundary = fun theta -> unfixed (own.Boundary theta).Snapped
                    IsCurvatureAffordable = own.HasCheapCurvature
                    Tolerance = max 1e-14 own.Tolerance
            }
