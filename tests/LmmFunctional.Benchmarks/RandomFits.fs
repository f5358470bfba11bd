namespace LmmFunctional.Benchmarks

open System
open System.Threading.Tasks
open FsCheck
open FsCheck.FSharp
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

/// <summary>Whether fits of random models end, without an exception, and give numbers: every kind of model, from a few rows
/// on.</summary>
[<RequireQualifiedAccess>]
module RandomFits =

    // What takes longer counts as one that does not end; a busy machine is slow.
    let private patience = TimeSpan.FromMinutes 5.0

    // Seeds of consecutive models lie far apart.
    let private stride = 1_000_003UL

    let private sampled (generator: Gen<RandomModel>) seed size =
        let model =
            Gen.sampleWithSeed (Rnd(uint64 seed * stride + 1UL, 2UL * uint64 seed + 1UL)) size 1 generator
            |> Array.head

        let words = $"{model}".ReplaceLineEndings " "

        words, fun () -> Lmm.fit (RandomModel.options model) (RandomModel.frame model) (RandomModel.spec model)

    let private multimodal kind seed =
        MultimodalModels.tryOfSeed kind seed
        |> Option.map (fun model ->
            $"{kind}, {model.Options.Criterion}, {model.Formula}",
            fun () -> Lmm.fitFormula model.Options model.Data model.Formula)

    /// The model of a seed in words, and its fit; None where the data cannot tell it apart.
    let private ofSeed seed =
        let size = seed / 4 % 101

        match seed % 4 with
        | 0 -> Some(sampled (RandomModel.genSized 20 70) seed size)
        | 1 -> Some(sampled (RandomModel.genStructured 24 60) seed size)
        | 2 -> multimodal "few rows" seed
        | _ -> multimodal MultimodalModels.kinds[seed / 4 % MultimodalModels.kinds.Length] seed

    /// Numbers of a fit that are none, by name.
    let private undefined (fit: Fit) = [
        let certificate = fit.Certificate

        let named = [
            "criterion", fit.CriterionValue
            "sigma", fit.Sigma
            "gradient", certificate.Gradient
            "Newton decrement", certificate.NewtonDecrement
            for own in fit.Coefficients do
                own.Name, own.Estimate
                $"standard error of {own.Name}", own.StandardError
            for own in fit.VarianceComponents do
                $"covariance of {own.Group}", own.Covariance
            for own in fit.CovarianceParameters do
                own.Name, own.Estimate
            for theta in fit.Theta do
                "theta", theta
            for value in certificate.Eigenvalues do
                "eigenvalue", value
            for name, value in certificate.Multipliers do
                $"multiplier of {name}", value
        ]

        for name, value in named do
            if Double.IsNaN value then
                name

        if (Summary.render SummaryFormat.Text fit).Contains "NaN" then
            "summary"
    ]

    let private fault fit =
        let outcome () =
            try
                match fit () with
                | Error _ -> Ok None
                | Ok fit -> Ok(Some(undefined fit, fit.Certificate.IsConverged))
            with problem ->
                Error $"{problem.GetType().Name}: {problem.Message}\n{problem.StackTrace}"

        // A thread of its own, so that none waits for another's end.
        let attempt = Task.Factory.StartNew(outcome, TaskCreationOptions.LongRunning)

        if attempt.Wait patience then
            attempt.Result
        else
            Error $"does not end within {patience.TotalMinutes} minutes"

    /// <summary>Prints what throws, does not end or gives no numbers; 1 when anything does.</summary>
    /// <param name="count">How many models.</param>
    /// <param name="first">The seed of the first.</param>
    let run count first =
        // Models side by side, each on one thread.
        Tiles.Threads <- 1
        let outcomes = Array.create count None

        let attempt i =
            let seed = first + i

            match ofSeed seed with
            | None -> ()
            | Some(words, fit) ->
                let outcome = fault fit
                outcomes[i] <- Some outcome

                match outcome with
                | Error problem -> printfn $"seed {seed}: {words}\n  {problem}"
                | Ok(Some(names, _)) when not names.IsEmpty ->
                    let listed = names |> List.distinct |> String.concat ", "
                    printfn $"seed {seed}: {words}\n  no number: {listed}"
                | Ok _ -> ()

        // No more at a time than there are processors, also while they wait.
        let side = ParallelOptions(MaxDegreeOfParallelism = Environment.ProcessorCount)
        Parallel.For(0, count, side, attempt) |> ignore
        let tried = outcomes |> Array.choose id

        let countOf predicate =
            tried |> Array.filter predicate |> Array.length

        let isFaulty =
            function
            | Error _ -> true
            | Ok(Some(names, _)) -> names <> []
            | Ok None -> false

        let faulty = countOf isFaulty

        let certified =
            countOf (function
                | Ok(Some(_, isConverged)) -> isConverged
                | _ -> false)

        let refused = countOf (fun outcome -> outcome = Ok None)

        printfn
            $"{tried.Length} models: {certified} certified, {tried.Length - certified - refused - faulty} not certified, {refused} refused, {faulty} faulty."

        if faulty > 0 then 1 else 0
