namespace LmmFunctional.Benchmarks

open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

/// <summary>Whether a fit ends at the best optimum there is: small random models of every kind, the default fit against the
/// best of many descents.</summary>
[<RequireQualifiedAccess>]
module Optima =

    // −2 log likelihood.
    let private allowed = 1e-6

    let private descents = 30

    // Of each kind.
    let private shown = 25

    [<NoComparison>]
    type private Outcome = {
        Model: MultimodalModel
        /// The criterion of the default fit above the best that was found.
        Above: float
        Certificate: Certificate
        /// θ of the fit and of the best.
        Ends: string
    }

    let private compare (model: MultimodalModel) =
        match Lmm.fitFormula model.Options model.Data model.Formula with
        | Error _ -> None
        | Ok fit ->
            ManyStarts.best descents model
            |> Option.map (fun best ->
                let words (iteration: Iteration) =
                    iteration.Theta |> Seq.map (sprintf "%.3g") |> String.concat " "

                {
                    Model = model
                    Above = fit.CriterionValue - best.Criterion
                    Certificate = fit.Certificate
                    Ends = $"θ {words (List.last fit.Iterations)}, best {words best}"
                })

    let private show kind (own: Outcome[]) =
        let certified, others = own |> Array.partition _.Certificate.IsConverged
        let isAbove outcome = outcome.Above > allowed
        let several = certified |> Array.filter _.Certificate.Search.NextBest.IsSome

        printfn
            $"{kind}: {own.Length} models, {several.Length} with several optima, {(certified |> Array.filter isAbove).Length} certified above the best; {others.Length} not certified, {(others |> Array.filter isAbove).Length} of them above."

        for outcome in
            own
            |> Array.filter isAbove
            |> Array.sortByDescending _.Above
            |> Array.truncate shown do
            let model = outcome.Model

            printfn
                $"  {outcome.Above:G4}, seed {model.Seed}, {model.Options.Criterion}, {model.Formula}: {outcome.Certificate.Verdict}; {outcome.Ends}"

    /// <summary>Prints what ends above the best optimum; 1 when anything that is certified does.</summary>
    /// <param name="count">How many models.</param>
    /// <param name="first">The seed of the first.</param>
    /// <param name="kinds">The kinds to try; none for all.</param>
    let run count first (kinds: string list) =
        // Models side by side, each on one thread.
        Tiles.Threads <- 1
        let kinds = Array.ofList (if kinds.IsEmpty then MultimodalModels.kinds else kinds)
        let outcomes = Array.create count None

        Parallel.For(
            0,
            count,
            fun i ->
                outcomes[i] <-
                    MultimodalModels.tryOfSeed kinds[i % kinds.Length] (first + i / kinds.Length)
                    |> Option.bind compare
        )
        |> ignore

        let tried = outcomes |> Array.choose id

        for kind in kinds do
            tried |> Array.filter (fun outcome -> outcome.Model.Kind = kind) |> show kind

        if
            tried
            |> Array.exists (fun own -> own.Certificate.IsConverged && own.Above > allowed)
        then
            1
        else
            0
