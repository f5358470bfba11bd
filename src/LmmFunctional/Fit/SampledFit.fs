namespace LmmFunctional.Estimation

open LmmFunctional

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

    /// The criterion and its gradient by the exact plan at the end of a fit, where that is affordable.
    let private exactly (sampling: Sampling) (fit: Fit) =
        sampling.Exact
        |> Option.map (fun plan ->
            let last = List.last fit.Path
            let exact = DerivedLikelihood.withPlan plan.Value fit.Model
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
                Evidence = {
                    certificate with
                        MonteCarlo = Some error
                }
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
                                |> Seq.fold
                                    (fun largest (isFixed, g) -> if isFixed then largest else max largest (abs g))
                                    0.0
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
            match LogLikelihood.samplingOf fit.Model with
            | None -> fit
            | Some sampling ->
                match SampledError.ofFit fit with
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
                            DerivedLikelihood.withPlan plan fit.Model
                            |> LogLikelihood.startingFrom point
                            |> solve

                        improve (round + 1) {
                            next with
                                Path = joined fit.Path next.Path
                        }

        improve 1 fit
