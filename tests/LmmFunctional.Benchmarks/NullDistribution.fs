namespace LmmFunctional.Benchmarks

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Whether p-values of Kenward-Roger tests are uniform when there is no effect: small unbalanced data sets,
/// simulated.</summary>
[<RequireQualifiedAccess>]
module NullDistribution =

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// Ten groups of three to seven rows, five of them treated, a covariate, variances of 2 between and 1 within
    /// groups.
    let private frame seed =
        let random = Random(seed: int)
        let sizes = Array.init 10 (fun _ -> 3 + random.Next 5)
        let groups = sizes |> Array.mapi (fun g size -> Array.create size g) |> Array.concat
        let effects = Array.init 10 (fun _ -> sqrt 2.0 * normal random)
        let x = groups |> Array.map (fun _ -> normal random)
        let y = Array.map2 (fun g x -> effects[g] + 0.5 * x + normal random) groups x

        Frame.ofColumns [
            "y", Column.ofFloats y
            "x", Column.ofFloats x
            "treated", Column.ofStrings (groups |> Array.map (fun g -> if g % 2 = 0 then "no" else "yes"))
            "g", Column.ofStrings (groups |> Array.map string)
        ]

    let private pValue method seed =
        frame seed
        |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame "y ~ x + treated + (1 | g)")
        |> Result.bind (Inference.create method)
        |> Result.map (fun inference -> (List.last (Inference.coefficients 0.95 inference)).P)

    /// Kolmogorov and Smirnov's distance to the uniform distribution.
    let private distance (values: float[]) =
        let sorted = Array.sort values
        let n = float sorted.Length

        sorted
        |> Seq.mapi (fun i p -> max (float (i + 1) / n - p) (p - float i / n))
        |> Seq.max

    /// <summary>Prints the distance for each method; 1 when Kenward-Roger's is beyond the one per cent
    /// limit.</summary>
    let run count =
        let limit = 1.628 / sqrt (float count)
        printfn $"{count} data sets without an effect; distance to uniform p-values, limit %.4f{limit} (1 %%):"

        let measured =
            [
                DegreesOfFreedomMethod.kenwardRoger
                DegreesOfFreedomMethod.KenwardRoger Convention.pbkrtest
                DegreesOfFreedomMethod.satterthwaite
                DegreesOfFreedomMethod.Asymptotic
            ]
            |> List.map (fun method ->
                let values =
                    Array.init count (fun seed ->
                        match pValue method seed with
                        | Ok p -> p
                        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n"))

                let rejected = values |> Array.filter (fun p -> p < 0.05) |> Array.length
                let share = float rejected / float count
                let found = distance values
                printfn $"%.4f{found}, %.4f{share} below 0.05: {DegreesOfFreedomMethod.describe method}"
                found)

        if measured.Head > limit then 1 else 0
