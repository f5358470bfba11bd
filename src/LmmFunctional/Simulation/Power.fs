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

/// <summary>What a power analysis tests.</summary>
[<RequireQualifiedAccess>]
type PowerTest =
    /// A hypothesis as text: <c>treatmentB = 0</c>, <c>doseB - doseC, doseC - doseD</c>.
    | Hypothesis of text: string
    /// That all coefficients of a term of the fixed effects are zero: <c>treatment</c>, <c>treatment:time</c>.
    | Term of name: string

/// <summary>How far a power analysis has come.</summary>
type PowerProgress = {
    /// The size of the design that is looked at; None where it does not grow.
    Size: int option
    /// Simulations done at this size, of so many at most.
    Done: int
    Most: int
    /// The time that the rest of this size takes at most, at the speed so far.
    Left: TimeSpan
}

/// <summary>How power is estimated.</summary>
[<NoComparison; NoEquality>]
type PowerOptions = {
    Test: PowerTest
    /// The library's own tests, by this method.
    DegreesOfFreedom: DegreesOfFreedomMethod
    /// Options of every fit; its known matrices are those of the model, its cancellation stops the analysis.
    Fit: FitOptions
    /// The level of the test.
    Alpha: float
    /// Simulations at most.
    Simulations: int
    /// Half the width of the 95 % interval of the power at which to stop before; None for all simulations.
    HalfWidth: float option
    /// The same seed gives the same power, at any number of threads.
    Seed: int
    Progress: (PowerProgress -> unit) option
}

/// <summary>Options of a power analysis.</summary>
[<RequireQualifiedAccess>]
module PowerOptions =

    /// 1,000 simulations at most, until the interval is ±0.02; Satterthwaite's tests at 5 %, from seed 1.
    let ofTest test = {
        Test = test
        DegreesOfFreedom = DegreesOfFreedomMethod.satterthwaite
        Fit = FitOptions.defaults
        Alpha = 0.05
        Simulations = 1000
        HalfWidth = Some 0.02
        Seed = 1
        Progress = None
    }

    let internal check (options: PowerOptions) =
        Guard.level "Alpha" options.Alpha
        Guard.atLeast "Simulations" "The number of simulations" 1 options.Simulations

        options.HalfWidth
        |> Option.iter (Guard.positive "HalfWidth" "Half the width of an interval")

/// <summary>The power of a test, with its Monte Carlo error.</summary>
[<StructuredFormatDisplay("{Display}")>]
type PowerEstimate = {
    /// The size of the design; None where it did not grow.
    Size: int option
    /// Rows of the design.
    Rows: int
    /// The share of simulations in which the test rejects.
    Power: float
    /// Monte Carlo standard error of the power.
    StandardError: float
    /// Ends of its exact 95 % interval (Clopper and Pearson 1934).
    Lower: float
    Upper: float
    /// Simulations made.
    Simulations: int
    /// Those in which the test rejects.
    Rejected: int
    /// Those that could not be fitted or tested; they do not reject.
    Failed: int
} with

    member private this.Display =
        let size =
            match this.Size with
            | Some size -> $"size {size}: "
            | None -> ""

        let interval = $"{Display.number this.Lower} to {Display.number this.Upper}"
        $"{size}power {Display.number this.Power}, {interval}, {this.Simulations} simulations of {this.Rows} rows"

    /// The size, the power with its interval, and the number of simulations.
    override this.ToString() = this.Display

/// <summary>The power of tests of fixed effects by simulation: with given parameters, or those of a fit.</summary>
[<RequireQualifiedAccess>]
module Power =

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
    let private onDesign (options: PowerOptions) size (design: Design) (simulator: Simulator) =
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

    let private ofGiven (options: PowerOptions) size parameters spec frame =
        NoiseDesign.build options.Fit.Known spec frame (fun _ -> false)
        |> Result.bind (fun design ->
            Simulator.ofDesign parameters design
            |> Result.bind (onDesign options size design))

    /// All sizes, or the problems of the first that has some.
    let private overSizes sizes (estimate: int -> Result<PowerEstimate, LmmError list>) =
        (Ok [], sizes)
        ||> List.fold (fun found size ->
            found
            |> Result.bind (fun before -> estimate size |> Result.map (fun own -> before @ [ own ])))
        |> Problems.told

    /// <summary>The power of a test on a data set with given parameters.</summary>
    /// <param name="options">The test and the simulations.</param>
    /// <param name="parameters">A value for every fixed effect and every covariance parameter.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data without a response.</param>
    /// <returns>The power; or all that is wrong with the model, the data, the parameters or the test.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let ofParameters
        (options: PowerOptions)
        (parameters: SimulationParameters)
        (spec: LmmSpec)
        (frame: Frame)
        : Result<PowerEstimate, LmmError list> =
        PowerOptions.check options
        ofGiven options None parameters spec frame |> Problems.told

    /// <summary>The power at several sizes of the design.</summary>
    /// <param name="options">The test and the simulations at each size.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="parameters">A value for every fixed effect and every covariance parameter.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data that the designs are made of.</param>
    /// <returns>The power at each size, or what is wrong.</returns>
    /// <exception cref="T:System.ArgumentException">An option or a size is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let curve
        (options: PowerOptions)
        (growth: DesignGrowth)
        (sizes: int list)
        (parameters: SimulationParameters)
        (spec: LmmSpec)
        (frame: Frame)
        : Result<PowerEstimate list, LmmError list> =
        PowerOptions.check options

        overSizes sizes (fun size ->
            DesignGrowth.apply growth size spec frame
            |> Result.bind (ofGiven options (Some size) parameters spec))

    // A fit's own parameters

    /// The fit with other values of some coefficients.
    let private withEffects (effects: Map<string, float>) (fit: Fit) : Result<Fit, LmmError list> =
        let names = List.ofSeq fit.Design.Fixed.Names

        match
            Map.keys effects
            |> Seq.filter (fun name -> not (List.contains name names))
            |> List.ofSeq
        with
        | [] ->
            let beta =
                names
                |> Seq.mapi (fun i name -> effects.TryFind name |> Option.defaultValue fit.Inner.Beta[i])
                |> Array.ofSeq

            Ok {
                fit with
                    Inner = { fit.Inner with Beta = beta }
            }
        | unknown ->
            Error [
                for name in unknown -> LmmError.UnknownCoefficient(name, Nearest.suggest names name)
            ]

    /// The options with the criterion of a fit, what it held, and its matrices.
    let private optionsOf (options: PowerOptions) (fit: Fit) = {
        options with
            Fit = {
                options.Fit with
                    Criterion = fit.Criterion
                    Known =
                        Map.ofList [
                            for term in fit.Design.Random do
                                match term.Term.Relationship, term.Relationship with
                                | Some name, Some relationship -> name, relationship
                                | _ -> ()
                        ]
            }
    }

    /// <summary>The power of a test on the data of a fit, with its estimates for parameters.</summary>
    /// <param name="options">The test and the simulations; the criterion and the known matrices are those of the fit.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power; or what is wrong with the effects or the test.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let ofFit (options: PowerOptions) (effects: Map<string, float>) (fit: Fit) : Result<PowerEstimate, LmmError list> =
        PowerOptions.check options

        withEffects effects fit
        |> Result.bind (fun fit ->
            Simulator.ofFit SimulatedEffects.New fit
            |> Result.bind (onDesign (optionsOf options fit) None fit.Design))
        |> Problems.told

    /// <summary>The power at several sizes of the design of a fit.</summary>
    /// <param name="options">The test and the simulations at each size.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power at each size, or what is wrong.</returns>
    /// <exception cref="T:System.ArgumentException">An option or a size is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let curveOfFit
        (options: PowerOptions)
        (growth: DesignGrowth)
        (sizes: int list)
        (effects: Map<string, float>)
        (fit: Fit)
        : Result<PowerEstimate list, LmmError list> =
        PowerOptions.check options
        let rows = fit.Design.Rows
        let frame = fit.Design.Schema.Frame

        Problems.both (withEffects effects fit) (Frame.filter (fun row -> Array.BinarySearch(rows, row) >= 0) frame)
        |> Result.bind (fun (fit, frame) ->
            let options = optionsOf options fit

            overSizes sizes (fun size ->
                DesignGrowth.apply growth size fit.Spec frame
                |> Result.bind (fun grown ->
                    Problems.both
                        (NoiseDesign.build options.Fit.Known fit.Spec grown (fun _ -> false))
                        (Simulator.onFrame SimulatedEffects.New grown fit))
                |> Result.bind (fun (design, simulator) -> onDesign options (Some size) design simulator)))
