namespace LmmFunctional.Benchmarks

open System
open System.Collections.Immutable
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Ratings by many users of many items, too many to factorise: how long the iterative engine takes, in how much memory,
/// and how far it ends from the exact estimates and from the truth.</summary>
/// <remarks>Users are drawn with log-normal weights, items with weights 1/(rank + 31), as ratings of films are; y = 3.5 + 0.45 u
/// + 0.6 m + 0.9 e, all normal. The first rows make sure that every level occurs.</remarks>
[<RequireQualifiedAccess>]
module CrossedRatings =

    let private formula = "y ~ 1 + (1 | u) + (1 | m)"

    // Standard deviations of users, items and residuals.
    let private ofUser, ofItem, ofResidual = 0.45, 0.6, 0.9

    /// Rows, users, items, what it may take in seconds and in GiB; nothing is asked of the first.
    let private cases =
        Map [
            1, (1_000_000, 6_040, 3_706, infinity, infinity)
            10, (10_000_000, 60_000, 12_000, 30.0, 4.0)
            25, (25_000_000, 162_000, 59_000, 180.0, 6.0)
        ]

    let private orRaise (result: Result<'ok, LmmError list>) : 'ok =
        match result with
        | Ok value -> value
        | Error problems -> raise (InvalidDataException(problems |> List.map LmmError.describe |> String.concat " "))

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// Draws from places with weights.
    let private sampler (random: Random) (weights: float[]) =
        let ends = Array.scan (+) 0.0 weights |> Array.skip 1
        let total = Array.last ends

        fun () ->
            let found = Array.BinarySearch(ends, total * random.NextDouble())
            min (weights.Length - 1) (if found >= 0 then found else ~~~found)

    let private factor name count (codes: int[]) =
        Column.Categorical(
            ImmutableArray.CreateRange(Seq.init count (fun level -> $"{name}{level}")),
            ImmutableCollectionsMarshal.AsImmutableArray codes
        )

    /// The data of a number of rows.
    let frame rows users items : Frame =
        let random = Random 2

        let drawUser =
            sampler random (Array.init users (fun _ -> exp (1.1 * normal random)))

        let drawItem =
            sampler random (Array.init items (fun item -> 1.0 / float (item + 31)))

        let ofUsers = Array.init users (fun _ -> ofUser * normal random)
        let ofItems = Array.init items (fun _ -> ofItem * normal random)
        let u = Array.init rows (fun row -> if row < users then row else drawUser ())
        let m = Array.init rows (fun row -> if row < items then row else drawItem ())

        let y =
            Array.init rows (fun row -> 3.5 + ofUsers[u[row]] + ofItems[m[row]] + ofResidual * normal random)

        Frame.ofColumns [ "y", Column.ofFloats y; "u", factor "u" users u; "m", factor "m" items m ]
        |> orRaise

    let private peak () =
        use own = Process.GetCurrentProcess()
        float own.PeakWorkingSet64 / 1024.0 / 1024.0 / 1024.0

    let private processorTime () =
        use own = Process.GetCurrentProcess()
        own.TotalProcessorTime

    /// A fit, its seconds, and those of all processors together.
    let private fitted options frame =
        let started, before = Stopwatch.GetTimestamp(), processorTime ()
        let fit = Lmm.fitFormula options frame formula |> orRaise
        let seconds = (Stopwatch.GetElapsedTime started).TotalSeconds
        fit, (seconds, (processorTime () - before).TotalSeconds)

    /// The largest distance of two points of the same scale, in standard errors of a fit.
    let private distance (fit: Fit) (other: Fit) =
        let last = List.last fit.Iterations
        let own, others = last.Theta, (List.last other.Iterations).Theta
        // Two parameters: the inverse by hand.
        let a, b, c = last.Curvature[0, 0], last.Curvature[1, 0], last.Curvature[1, 1]
        let determinant = a * c - b * b
        let errors = [ sqrt (2.0 * c / determinant); sqrt (2.0 * a / determinant) ]

        errors
        |> List.mapi (fun i error -> abs (own[i] - others[i]) / error)
        |> List.max

    let private show title (seconds, processors: float) (allowedSeconds: float) (allowedMemory: float) (fit: Fit) =
        let memory = peak ()

        let mark isKept text = if isKept then text else $"**{text}**"

        let time = mark (seconds <= allowedSeconds) $"{seconds:F1} s"
        let space = mark (memory <= allowedMemory) $"{memory:F2} GiB"

        let estimates =
            fit.VarianceComponents
            |> List.map (fun own -> $"{own.Group} {own.StandardDeviation:F4}")
            |> String.concat ", "

        printfn
            $"| {title} | {time} | {processors:F1} s | {space} | {(List.last fit.Iterations).Number} | {estimates} | {fit.Certificate} |"

    /// One case, by its million rows.
    let run (millions: int) =
        match cases.TryFind millions with
        | None ->
            let known = cases.Keys |> Seq.map string |> String.concat ", "
            eprintfn $"crossed takes the millions of rows: {known}."
            2
        | Some(rows, users, items, allowedSeconds, allowedMemory) ->
            let data = frame rows users items
            GC.Collect()
            printfn $"The data take the process to {peak ():F2} GiB.\n"
            printfn "| case | time | processor time | peak | iterations | standard deviations | certificate |"
            printfn "| --- | --: | --: | --: | --: | --- | --- |"
            let name = $"{millions} million rows, {users} x {items}"

            // A budget that no exact fit of these keeps to.
            let options = {
                FitOptions.defaults with
                    Criterion = Criterion.Ml
                    Budget = Some 1e-3
            }

            let fit, taken = fitted options data
            show $"{name}, iterative" taken allowedSeconds allowedMemory fit

            if millions = 1 then
                let exact, taken = fitted { options with Budget = None } data
                show $"{name}, exact" taken infinity infinity exact
                printfn $"\nThe estimates are {distance fit exact:F4} standard errors apart."

            if fit.Certificate.IsConverged then 0 else 1
