namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics
open LmmFunctional

/// <summary>The Monte-Carlo error of a fit whose log determinants are sampled, from the scatter of the probes.</summary>
/// <remarks>With g_z what probe z has for the gradient and m probes, the estimates scatter about the exact ones with covariance
/// H⁻¹ Cov(g_z) H⁻¹/m, beside their own 2H⁻¹ (H of −2 log likelihood).</remarks>
[<RequireQualifiedAccess>]
module internal SampledError =

    /// Mean square deviation of numbers from their mean, of their sum over m probes divided by m.
    let private scatter (a: float[]) (b: float[]) =
        let m = float a.Length
        let meanA, meanB = Array.average a, Array.average b

        Array.fold2 (fun sum x y -> sum + (x - meanA) * (y - meanB)) 0.0 a b
        / (max 1.0 (m - 1.0) * m)

    /// What the probes say at the end of a fit.
    let private samplesAt (fit: Fit) (point: ParameterPoint) lambdas =
        LogLikelihood.withEngine fit.Model lambdas (fun engine ->
            engine.Solve()
            engine.Samples)
        |> Option.map (fun samples ->
            let layout = fit.Model.Layout

            let directions = CovarianceDirections.create layout point.Theta lambdas

            let held = fit.Model.Held.Entries

            samples,
            samples.Traces
            |> Array.map (fun traces ->
                CovarianceDirections.along directions traces
                |> Array.indexed
                |> Array.filter (fun (place, _) -> not (held.ContainsKey place))
                |> Array.map snd))

    /// The largest error of a free parameter in its own standard errors.
    let private shareOf (last: Iteration) (boundary: Boundary) (columns: float[][]) =
        let free = [|
            for i in 0 .. columns.Length - 1 do
                if not boundary.Fixed[i] then
                    i
        |]

        let k = free.Length

        let factor =
            Array.init (k * k) (fun at -> last.Curvature[free[at % k], free[at / k]])

        if k = 0 then
            0.0
        elif not (Dense.Factor(k, factor)) then
            infinity
        else
            let inverse = Array.init (k * k) (fun at -> if at % k = at / k then 1.0 else 0.0)
            Dense.Solve(k, k, factor, false, inverse)
            Dense.Solve(k, k, factor, true, inverse)

            let covariance =
                Array.init (k * k) (fun at -> scatter columns[free[at % k]] columns[free[at / k]])

            let moved =
                Dense.Multiply(
                    k,
                    k,
                    k,
                    Dense.Multiply(k, k, k, inverse, false, covariance, false),
                    false,
                    inverse,
                    false
                )

            Seq.init k (fun i -> sqrt (max 0.0 moved[i + i * k] / (2.0 * inverse[i + i * k])))
            |> Seq.max

    /// The Monte-Carlo error of a fit, and whether its equations were solved.
    let ofFit (fit: Fit) : (MonteCarloError * bool) option =
        let last = List.last fit.Path
        let point = LogLikelihood.pointAt fit.Model last.Theta
        let lambdas = ThetaLayout.matrices fit.Model.Layout point.Theta

        samplesAt fit point lambdas
        |> Option.map (fun (samples, gradients) ->
            let columns =
                Array.init (if gradients.Length = 0 then 0 else gradients[0].Length) (fun k ->
                    gradients |> Array.map (fun own -> own[k]))

            let boundary = fit.Model.Objective.Boundary last.Theta

            let worst =
                columns
                |> Array.mapi (fun k own -> if boundary.Fixed[k] then 0.0 else sqrt (scatter own own))
                |> Array.fold max 0.0

            {
                Probes = samples.Logarithms.Length
                Criterion = sqrt (scatter samples.Logarithms samples.Logarithms)
                Gradient = worst
                Share = shareOf last boundary columns
                Exact = None
            },
            samples.IsConverged)

    // Of a factor of the effects outside the leading factor, which crossed ones fill up.
    let private bytesOfFactor (tail: float) = 8.0 * tail * tail

    /// Whether a factor of the mixed model equations, which a sampled fit has done without, fits into so many bytes.
    let factorableWithin (available: float) (fit: Fit) : Result<unit, LmmError list> =
        if not (LogLikelihood.isSampled fit.Model) then
            Ok()
        else
            let terms = Array.ofList fit.Model.Standard.Terms
            let lead = LeadChoice.ofTerms terms

            let tail =
                [| 0 .. terms.Length - 1 |]
                |> Array.except lead
                |> Array.sumBy (fun t -> float terms[t].Levels * float terms[t].Columns.Length)

            if bytesOfFactor tail > available then
                Error [
                    LmmError.TooLarge("The factor of the mixed model equations", bytesOfFactor tail, available)
                ]
            else
                Ok()

    /// Whether it fits into the memory of this machine, four fifths of it.
    let factorable (fit: Fit) : Result<unit, LmmError list> =
        factorableWithin (0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)) fit

    /// <summary>Refuses what needs such a factor where there is no room.</summary>
    /// <exception cref="T:System.InsufficientMemoryException">The fit was sampled, and the factor is too large.</exception>
    let ensureFactorable (fit: Fit) : unit =
        match factorable fit with
        | Ok() -> ()
        | Error problems ->
            problems
            |> List.map LmmError.describe
            |> String.concat " "
            |> InsufficientMemoryException
            |> raise
