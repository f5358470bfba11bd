namespace LmmFunctional.Properties

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The best of many descents: slow, and as sure as can be that there is no better optimum.</summary>
[<RequireQualifiedAccess>]
module ManyStarts =

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    // Standard deviations of effects whose covariates are large are small, those of few groups large.
    let private sizes = [| 1.0; 0.3; 3.0; 0.05; 10.0 |]

    /// θ at random: entries of factors of any size, or small; parameters of structures near those of a start.
    let private draw (likelihood: LogLikelihood) (random: Random) : ImmutableArray<float> =
        let start = likelihood.Objective.Start
        let layout = likelihood.Layout
        let theta = start.ToBuilder()

        for k in 0 .. theta.Count - 1 do
            theta[k] <- normal random * 1.5

        for t in 0 .. layout.Forms.Length - 1 do
            let first = layout.ParameterStarts[t]

            let sized k =
                let size =
                    if random.Next 3 = 0 then
                        0.02
                    else
                        sizes[random.Next sizes.Length] * exp (0.5 * normal random)

                theta[first + k] <- size

            match layout.Forms[t] with
            | Some form -> form.Deviations |> Array.iter sized
            | None ->
                for e in layout.Starts[t] .. layout.Starts[t + 1] - 1 do
                    if layout.Entries[e].Row = layout.Entries[e].Column then
                        sized (e - layout.Starts[t])

        theta.ToImmutable()

    /// <summary>The lowest among certified ends of descents from random starts; None where none is.</summary>
    let best count (model: MultimodalModel) =
        let likelihood = MultimodalModels.likelihood model
        let objective = likelihood.Objective
        let random = Random(model.Seed + 1)

        let ends = [
            for _ in 1..count do
                let start = draw likelihood random

                if Double.IsFinite (objective.Evaluate start Order.Value).Value then
                    let last =
                        Solver.iterations SolverOptions.defaults { objective with Start = start }
                        |> Seq.last

                    last
        ]

        let rec certified (ends: Iteration list) =
            match ends with
            | [] -> None
            | first :: others ->
                if Fit.isEnd likelihood first then
                    Some first
                else
                    certified others

        ends |> List.sortBy _.Criterion |> certified
