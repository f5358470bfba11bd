namespace LmmFunctional

open System
open System.Diagnostics

/// <summary>The front door: from a model and its data to a fit.</summary>
[<RequireQualifiedAccess>]
module Lmm =

    /// <summary>Fits a model to data.</summary>
    /// <returns>The fit with its certificate, or every problem found in the model and the data.</returns>
    /// <exception cref="T:System.ArgumentException">A number of iterations is below zero; a tolerance is not
    /// positive.</exception>
    /// <example><code lang="fsharp">
    /// Formula.parse "Reaction ~ Days + (Days | Subject)"
    /// |> Result.bind (Lmm.fit FitOptions.defaults frame)
    /// </code></example>
    let fit (options: FitOptions) (frame: Frame) (spec: LmmSpec) : Result<Fit, LmmError list> =
        SolverOptions.check options.Solver
        let started = Stopwatch.GetTimestamp()

        // What is wrong with bounds is told beside what is wrong with held values.
        let create design =
            match LogLikelihood.createWith options.Held options.Criterion design with
            | Error problems when not (options.Held.IsEmpty || options.Bounds.IsEmpty) ->
                match LogLikelihood.create options.Criterion design with
                | Ok free -> Error(problems @ Bound.problems options.Bounds free)
                | Error _ -> Error problems
            | created -> created

        let solve bounds (likelihood: LogLikelihood) =
            let built = Stopwatch.GetTimestamp()

            let iterations (likelihood: LogLikelihood) =
                match ExpectationSteps.rule options.Solver.Algorithm likelihood with
                | Some propose -> Solver.iterationsBy propose
                | None -> Solver.iterations

            let solveOnce (likelihood: LogLikelihood) =
                let descend start =
                    iterations likelihood options.Solver {
                        likelihood.Objective with
                            Start = start
                    }
                    |> Seq.map (fun iteration ->
                        options.Progress |> Option.iter (fun report -> report iteration)
                        iteration)
                    |> List.ofSeq

                let path, search =
                    StartSearch.run (Fit.isEnd likelihood) descend likelihood.Objective

                let fit =
                    Fit.ofIterations likelihood path (fun () -> {
                        Build = Stopwatch.GetElapsedTime(started, built)
                        Solve = Stopwatch.GetElapsedTime built
                    })

                {
                    fit with
                        Evidence = Certificate.withSearch search fit.Evidence
                }

            BoundedFit.search bounds solveOnce likelihood

        Design.buildWith options.Known spec frame
        |> Result.bind Identification.check
        |> Result.bind (fun design ->
            match ExpectationSteps.problems options design with
            | [] when FittedCovariate.isIn design ->
                // Nothing is known of the model without its structure.
                let first = LogLikelihood.create options.Criterion >> Result.bind (solve Map.empty)
                FittedCovariate.iterate first create (solve options.Bounds) design
            | [] -> create design |> Result.bind (solve options.Bounds)
            | problems -> Error problems)

    /// <summary>Fits a model written as a formula.</summary>
    /// <returns>The fit, or the problems of the formula, the model and the data.</returns>
    let fitFormula (options: FitOptions) (frame: Frame) (formula: string) : Result<Fit, LmmError list> =
        Formula.parse formula |> Result.bind (fit options frame)

    /// <summary>How a model would be fitted to data, and what that would cost; nothing is factored.</summary>
    /// <returns>The plan, or every problem found in the model and the data, too little memory among them.</returns>
    let plan (frame: Frame) (spec: LmmSpec) : Result<ModelPlan, LmmError list> =
        Design.build spec frame |> Result.bind ModelPlan.ofDesign

    /// <summary>How a model with known matrices would be fitted to data.</summary>
    /// <returns>The plan, or every problem found, as <c>plan</c>.</returns>
    let planWith (known: Map<string, Relationship>) (frame: Frame) (spec: LmmSpec) : Result<ModelPlan, LmmError list> =
        Design.buildWith known spec frame |> Result.bind ModelPlan.ofDesign

    /// <summary>Fits several models to the same data and compares them.</summary>
    /// <returns>Criteria, weights and tests of nested neighbours; or the problems of all models.</returns>
    /// <exception cref="T:System.ArgumentException">There is no model.</exception>
    let compare (options: FitOptions) (frame: Frame) (specs: LmmSpec list) : Result<ModelTable, LmmError list> =
        specs
        |> List.map (fit options frame)
        |> Problems.all
        |> Result.bind ModelComparison.table
