namespace LmmFunctional.Analysis

open System
open System.Diagnostics
open System.Threading.Tasks
open MathNet.Numerics.Distributions
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The simulations of a power analysis on one design.</summary>
[<RequireQualifiedAccess>]
module internal PowerSimulation =

    // Simulations between two looks at the interval: the same whatever the number of threads.
    let private batch = 100

    // Intervals of few simulations are not looked at: of no rejection among them they are too narrow.
    let private least = 200

    let private interval rejected count =
        let tail = 0.025
        let x, n = float rejected, float count

        (if rejected = 0 then
             0.0
         else
             Beta.InvCDF(x, n - x + 1.0, tail)),
        (if rejected = count then
             1.0
         else
             Beta.InvCDF(x + 1.0, n - x, 1.0 - tail))

    let private hypothesisOf (test: PowerTest) (design: Design) : Result<LinearHypothesis, LmmError list> =
        match test with
        | PowerTest.Hypothesis text -> LinearHypothesis.parse design text
        | PowerTest.Term name ->
            let names = design.Fixed.Terms |> Seq.map TermText.deparse |> List.ofSeq

            match List.tryFindIndex ((=) name) names with
            | None -> Error [ LmmError.UnknownFixedEffect(name, Nearest.suggest names name) ]
            | Some index ->
                Seq.zip design.Fixed.AllNames design.Fixed.TermOf
                |> Seq.filter (fun (column, own) -> own = index && design.Fixed.Names.Contains column)
                |> Seq.map fst
                |> List.ofSeq
                |> LinearHypothesis.ofNames design

    let private pValue (options: PowerOptions) (hypothesis: LinearHypothesis) (fit: Fit) : float option =
        Inference.create options.DegreesOfFreedom fit
        |> Result.bind (Inference.test 0.95 hypothesis)
        |> Result.toOption
        |> Option.map (fun test ->
            match test.Estimates with
            | [ single ] -> single.P
            | _ -> test.Joint.P)
        |> Option.filter Double.IsFinite

    /// P of a simulation; None where it could not be fitted or tested.
    let private simulated options (shared: SharedFits) simulator hypothesis index =
        {
            shared.Design with
                Response = Simulator.response options.Seed index simulator
        }
        |> SharedFits.fit options.Fit shared
        |> Result.toOption
        |> Option.bind (pValue options hypothesis)

    let private summary size rows (all: float option seq) alpha =
        let count = Seq.length all
        let rejected = all |> Seq.filter (Option.exists (fun p -> p <= alpha)) |> Seq.length
        let power = float rejected / float count
        let lower, upper = interval rejected count

        {
            Size = size
            Rows = rows
            Power = power
            StandardError = sqrt (power * (1.0 - power) / float count)
            Lower = lower
            Upper = upper
            Simulations = count
            Rejected = rejected
            Failed = all |> Seq.filter Option.isNone |> Seq.length
        }

    let private run (options: PowerOptions) size (shared: SharedFits) simulator hypothesis : PowerEstimate =
        let threads =
            ParallelOptions(MaxDegreeOfParallelism = Tiles.Threads, CancellationToken = options.Fit.Cancellation)

        let started = Stopwatch.GetTimestamp()
        let all = ResizeArray<float option>()

        let isNarrow (estimate: PowerEstimate) =
            estimate.Simulations >= least
            && options.HalfWidth
               |> Option.exists (fun half -> 0.5 * (estimate.Upper - estimate.Lower) <= half)

        let rec next () =
            let first = all.Count
            let count = min batch (options.Simulations - first)
            let found: float option[] = Array.create count None

            Parallel.For(
                0,
                count,
                threads,
                fun k -> found[k] <- simulated options shared simulator hypothesis (first + k)
            )
            |> ignore

            all.AddRange found
            let estimate = summary size shared.Design.Response.Length all options.Alpha

            options.Progress
            |> Option.iter (fun report ->
                let perOne = Stopwatch.GetElapsedTime(started) / float all.Count

                report {
                    Size = size
                    Done = all.Count
                    Most = options.Simulations
                    Left = perOne * float (options.Simulations - all.Count)
                })

            if all.Count >= options.Simulations || isNarrow estimate then
                estimate
            else
                next ()

        next ()

    /// The power on a design with its simulator.
    let onDesign (options: PowerOptions) size (design: Design) (simulator: Simulator) =
        FitSearch.check options.Fit design
        |> Result.bind (fun design ->
            hypothesisOf options.Test design
            |> Result.bind (fun hypothesis ->
                // A method that does not apply is told before anything is simulated.
                let shared = SharedFits.ofDesign options.Fit design

                SharedFits.fit options.Fit shared design
                |> Result.bind (Inference.create options.DegreesOfFreedom)
                |> Result.bind (Inference.test 0.95 hypothesis)
                |> Result.map (fun _ -> run options size shared simulator hypothesis)))
