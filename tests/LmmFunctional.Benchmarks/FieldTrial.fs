namespace LmmFunctional.Benchmarks

open System
open System.Diagnostics
open System.IO
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A field trial on a grid of plots: genotypes in plots at random, a trend that is autoregressive along rows and
/// columns, and noise of every plot.</summary>
[<RequireQualifiedAccess>]
module FieldTrial =

    let private side, genotypes = 60, 500

    // Standard deviations of genotypes, trend and noise, and the correlations of neighbours.
    let private sizes = 0.8, 1.0, 0.6
    let private alongRows, alongColumns = 0.85, 0.6

    // What the fit may cost: iterations, and seconds of a core from the rows to standard errors.
    let private allowedIterations, allowedSeconds = 10, 0.5

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> raise (InvalidDataException(problems |> List.map LmmError.describe |> String.concat " "))

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// A stationary process along a line of innovations.
    let private along rho (innovations: float[]) =
        let values = Array.copy innovations

        for i in 1 .. values.Length - 1 do
            values[i] <- rho * values[i - 1] + sqrt (1.0 - rho * rho) * innovations[i]

        values

    /// A trial of so many plots each way, a share of them missing.
    let frame side genotypes missing =
        let random = Random 7
        let ofGenotype, ofTrend, ofNoise = sizes

        let trend =
            Array.init side (fun _ -> along alongRows (Array.init side (fun _ -> normal random)))
            |> Array.transpose
            |> Array.map (along alongColumns)

        let values = Array.init genotypes (fun _ -> ofGenotype * normal random)
        let entries = Array.init (side * side) (fun plot -> plot % genotypes)
        random.Shuffle entries

        let plots =
            [| 0 .. side * side - 1 |]
            |> Array.filter (fun _ -> random.NextDouble() >= missing)

        let response plot =
            10.0
            + values[entries[plot]]
            + ofTrend * trend[plot / side].[plot % side]
            + ofNoise * normal random

        Frame.ofColumns [
            "yield", Column.ofFloats (plots |> Array.map response)
            "row", Column.ofInts (plots |> Array.map (fun plot -> plot / side + 1))
            "col", Column.ofInts (plots |> Array.map (fun plot -> plot % side + 1))
            "genotype", Column.ofStrings (plots |> Array.map (fun plot -> $"G{entries[plot]}"))
        ]
        |> orRaise

    /// Prints what each run costs; 1 when the last one misses its goal.
    let run () =
        let spec =
            Formula.parse "yield ~ 1 + (1 | genotype); residual = kron(ar1(row), ar1(col)) + nugget"
            |> orRaise

        let processor () =
            Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds

        let once missing =
            let frame = frame side genotypes missing
            let before = processor ()
            let started = Stopwatch.GetTimestamp()
            let fit = Lmm.fit FitOptions.defaults frame spec |> orRaise
            fit.Coefficients |> ignore
            let seconds = Stopwatch.GetElapsedTime(started).TotalSeconds
            let ofCores = processor () - before
            let iterations = fit.Iterations.Length - 1
            let variances = fit.VarianceComponents |> List.map _.Covariance
            printfn $"{frame.Rows} plots: {iterations} iterations, {ofCores:F2} s of a core, {seconds:F2} s in all"
            printfn $"  −2ℓ {fit.CriterionValue:F6}, {fit.Certificate.Verdict}, σ²g {variances[0]:F4}"

            for parameter in fit.CovarianceParameters do
                printfn $"  {parameter}"

            iterations <= allowedIterations && ofCores <= allowedSeconds

        let results = [ 0.0; 0.1; 0.0; 0.1; 0.0 ] |> List.map once
        if List.last results then 0 else 1
