namespace LmmFunctional

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>Fits whose log determinants are sampled: more probes until their error does not matter, an exact look at the end where
/// that is affordable, and the error in the certificate.</summary>
/// <remarks>With g_z what probe z has for the gradient and m probes, the estimates scatter about the exact ones with covariance
/// H⁻¹ Cov(g_z) H⁻¹/m, beside their own 2H⁻¹ (H of −2 log likelihood).</remarks>
[<RequireQualifiedAccess>]
module internal SampledFit =

    // The largest Monte-Carlo error of a parameter, in standard errors; probes at most, and rounds of more of them.
    let private shareAllowed, mostProbes, mostRounds = 0.1, 1024, 4

    // Fewer probes than these do not know their own scatter well enough to rely on a share just below the limit.
    let private margin = 0.8

    let private samplingOf (fit: Fit) =
        match fit.Model.Method with
        | LikelihoodMethod.Conditional(plan, _) -> plan.Sampling
        | _ -> None

    /// Mean square deviation of numbers from their mean, of their sum over m probes divided by m.
    let private scatter (a: float[]) (b: float[]) =
        let m = float a.Length
        let meanA, meanB = Array.average a, Array.average b
        Array.fold2 (fun sum x y -> sum + (x - meanA) * (y - meanB)) 0.0 a b / (max 1.0 (m - 1.0) * m)

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
        let factor = Array.init (k * k) (fun at -> last.Curvature[free[at % k], free[at / k]])

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
                Dense.Multiply(k, k, k, Dense.Multiply(k, k, k, inverse, false, covariance, false), false, inverse, false)

            Seq.init k (fun i -> sqrt (max 0.0 moved[i + i * k] / (2.0 * inverse[i + i * k])))
            |> Seq.max

    /// The Monte-Carlo error of a fit, and whether its equations were solved.
    let private errorOf (fit: Fit) =
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

    /// The criterion and its gradient by the exact plan at the end of a fit, where that is affordable.
    let private exactly (sampling: Sampling) (fit: Fit) =
        sampling.Exact
        |> Option.map (fun plan ->
            let last = List.last fit.Path
            let exact = LogLikelihood.withPlan plan.Value fit.Model
            exact.Objective.Evaluate last.Theta Order.Gradient)

    let private replaceLast change (path: Iteration list) =
        match List.rev path with
        | last :: before -> List.rev (change last :: before)
        | [] -> []

    /// The fit with what is known of its error.
    let private certified (sampling: Sampling) (error: MonteCarloError) isSolved (fit: Fit) : Fit =
        let certificate =
            if isSolved then
                fit.Evidence
            else
                {
                    fit.Evidence with
                        Verdict =
                            Verdict.NotConverged
                                $"equations were not solved to their tolerance in {sampling.Settings.MostSteps} steps of conjugate gradients"
                }

        match exactly sampling fit with
        | None -> {
            fit with
                Evidence = { certificate with MonteCarlo = Some error }
          }
        | Some exact ->
            let last = List.last fit.Path
            let model = TrustRegion.step infinity exact.Gradient last.Curvature
            let boundary = fit.Model.Objective.Boundary last.Theta
            let change = exact.Value - last.Criterion

            let path =
                fit.Path
                |> replaceLast (fun last -> {
                    last with
                        Criterion = exact.Value
                        Gradient = exact.Gradient
                        Decrement = model.Decrement
                })

            {
                fit with
                    Path = path
                    Inner = {
                        fit.Inner with
                            Deviance = fit.Inner.Deviance + change
                    }
                    Evidence = {
                        certificate with
                            Gradient =
                                Seq.zip boundary.Fixed exact.Gradient
                                |> Seq.fold (fun largest (isFixed, g) -> if isFixed then largest else max largest (abs g)) 0.0
                            NewtonDecrement = model.Decrement
                            MonteCarlo = Some { error with Exact = Some exact.Value }
                    }
            }

    /// The iterations of one descent and of the one that went on from it.
    let private joined (before: Iteration list) (after: Iteration list) =
        let count = (List.last before).Number

        before
        @ (after
           |> List.map (fun iteration -> {
               iteration with
                   Number = count + iteration.Number
           })
           |> List.skip (min 1 (after.Length - 1)))

    /// <summary>The fit with as many probes as its error asks for, and with that error; a fit that is exact as it is.</summary>
    let settle (solve: LogLikelihood -> Fit) (fit: Fit) : Fit =
        let rec improve round (fit: Fit) =
            match samplingOf fit with
            | None -> fit
            | Some sampling ->
                match errorOf fit with
                | None -> fit
                | Some(error, isSolved) ->
                    let share = error.Share / (margin * shareAllowed)
                    let wanted = float error.Probes * share * share
                    let lanes = EffectPanel.lanes
                    let probes = lanes * int (ceil (min (float mostProbes) wanted / float lanes))

                    let isSigns =
                        match sampling.Settings.Probes with
                        | Probes.Signs _ -> true
                        | Probes.Units -> false

                    if
                        not isSigns
                        || error.Share <= shareAllowed
                        || probes <= error.Probes
                        || round = mostRounds
                        || not fit.Evidence.IsConverged
                    then
                        certified sampling error isSolved fit
                    else
                        let last = List.last fit.Path
                        let point = LogLikelihood.pointAt fit.Model last.Theta

                        let plan =
                            sampling.With {
                                IterativeSettings.create probes with
                                    Reference = Some(ThetaLayout.matrices fit.Model.Layout point.Theta)
                            }

                        let next =
                            LogLikelihood.withPlan plan fit.Model
                            |> LogLikelihood.startingFrom point
                            |> solve

                        improve (round + 1) {
                            next with
                                Path = joined fit.Path next.Path
                        }

        improve 1 fit
