namespace LmmFunctional.Benchmarks

open System
open LmmFunctional

/// <summary>What the modes that simulate have in common: normal deviates, shares with their Monte-Carlo errors, fits.</summary>
[<RequireQualifiedAccess>]
module SimulatedData =

    /// A standard normal deviate.
    let normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// A value, or the problems as an exception: data that are simulated have none.
    let orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

    let fit (frame: Frame) formula =
        Lmm.fitFormula FitOptions.defaults frame formula |> orRaise

    /// A share in per cent with its Monte-Carlo standard error.
    let share hits count =
        let p = float hits / float count
        let error = sqrt (p * (1.0 - p) / float count)
        String.Format(Globalization.CultureInfo.InvariantCulture, "{0:F1} ± {1:F1}", 100.0 * p, 100.0 * error)
