namespace LmmFunctional.Estimation

open System.Diagnostics
open LmmFunctional
open LmmFunctional.Model

/// <summary>From a design or a likelihood to its fit, by options: what every fit of data goes through.</summary>
[<RequireQualifiedAccess>]
module internal FitSearch =

    /// The likelihood of a design with what is held; what is wrong with bounds is told beside what is wrong with held values.
    let likelihood (options: FitOptions) (design: Design) : Result<LogLikelihood, LmmError list> =
        match LogLikelihood.createWithin options.Budget options.Held options.Criterion design with
        | Error problems when not (options.Held.IsEmpty || options.Bounds.IsEmpty) ->
            match LogLikelihood.create options.Criterion design with
            | Ok free -> Error(problems @ Bound.problems options.Bounds free)
            | Error _ -> Error problems
        | created -> created

    let private starting (options: FitOptions) (likelihood: LogLikelihood) =
        Start.apply options.Start options.Bounds likelihood
        |> Result.mapError (fun problems -> problems @ Bound.problems options.Bounds likelihood)

    /// The iterations of one descent, reported and cancelled as asked for.
    let private descend (options: FitOptions) (likelihood: LogLikelihood) start =
        let iterations =
            match ExpectationSteps.rule options.Solver.Algorithm likelihood with
            | Some propose -> Solver.iterationsBy propose
            | None -> Solver.iterations

        iterations options.Solver {
            likelihood.Objective with
                Start = start
        }
        |> Refinement.untilLimit likelihood
        |> Seq.map (fun iteration ->
            options.Cancellation.ThrowIfCancellationRequested()
            options.Progress |> Option.iter (fun report -> report iteration)
            iteration)
        |> List.ofSeq

    /// The lowest optimum that the starts of a likelihood lead to; times are since a time stamp.
    let private solve (options: FitOptions) started bounds (likelihood: LogLikelihood) =
        let built = Stopwatch.GetTimestamp()

        let solveOnce (likelihood: LogLikelihood) =
            let fitAt = Fit.remembering likelihood

            let path, search =
                StartSearch.run (Fit.isEndBy fitAt likelihood) (descend options likelihood) likelihood.Objective

            let fit = fitAt (List.last path)

            {
                fit with
                    Path = path
                    Took = {
                        Build = Stopwatch.GetElapsedTime(started, built)
                        Solve = Stopwatch.GetElapsedTime built
                    }
                    Asked = Some options
                    Evidence =
                        Certificate.withSearch
                            {
                                search with
                                    IsGiven = not options.Start.IsEmpty
                            }
                            fit.Evidence
            }

        BoundedFit.search
            bounds
            (Refinement.prepared
             >> solveOnce
             >> Refinement.settle solveOnce
             >> SampledFit.settle solveOnce)
            likelihood

    /// <summary>The fit of a likelihood that <c>likelihood</c> made.</summary>
    /// <param name="options">The options of the fit.</param>
    /// <param name="started">The time stamp that the times of the fit count from.</param>
    /// <param name="likelihood">The likelihood.</param>
    /// <returns>The fit, or what is wrong with starts and bounds.</returns>
    let ofLikelihood (options: FitOptions) started (likelihood: LogLikelihood) : Result<Fit, LmmError list> =
        starting options likelihood
        |> Result.bind (solve options started options.Bounds)

    /// What a design must be for its covariance parameters to be estimated as asked for.
    let check (options: FitOptions) (design: Design) : Result<Design, LmmError list> =
        Identifiability.check (options.Held |> Map.keys |> List.ofSeq) design
        |> Result.bind (fun design -> Problems.unless (ExpectationSteps.problems options design) design)

    /// <summary>The fit of a design that has been checked.</summary>
    let ofChecked (options: FitOptions) started (design: Design) : Result<Fit, LmmError list> =
        let create = likelihood options

        if FittedCovariate.isIn design then
            // Nothing is known of the model without its structure.
            let first =
                LogLikelihood.create options.Criterion
                >> Result.bind (solve options started Map.empty)

            FittedCovariate.iterate
                first
                (create >> Result.bind (starting options))
                (solve options started options.Bounds)
                design
        else
            create design |> Result.bind (ofLikelihood options started)

    /// <summary>The fit of a design.</summary>
    /// <returns>The fit, or all that is wrong.</returns>
    let ofDesign (options: FitOptions) started (design: Design) : Result<Fit, LmmError list> =
        check options design |> Result.bind (ofChecked options started)
