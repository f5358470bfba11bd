namespace LmmFunctional.Analysis

open System
open System.Collections.Concurrent
open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How one model is fitted to many responses.</summary>
[<NoComparison; NoEquality>]
type FitManyOptions = {
    /// Options of every fit; its cancellation stops all of them.
    Fit: FitOptions
    /// How the fixed effects are tested.
    DegreesOfFreedom: DegreesOfFreedomMethod
    /// Of the intervals, between 0 and 1.
    Level: float
    /// Called with the number of responses done, after each batch.
    Progress: (int -> unit) option
}

/// <summary>Options of many fits.</summary>
[<RequireQualifiedAccess>]
module FitManyOptions =

    /// REML, Satterthwaite's degrees of freedom as lmerTest has them, 95 % intervals, silent.
    let defaults = {
        Fit = FitOptions.defaults
        DegreesOfFreedom = DegreesOfFreedomMethod.satterthwaite
        Level = 0.95
        Progress = None
    }

/// <summary>What is kept of the fit of one response.</summary>
[<ReferenceEquality>]
type ResponseEstimates = {
    /// Rows used: fewer where the response is missing.
    Observations: int
    /// The fixed effects with their tests.
    Coefficients: Estimate list
    VarianceComponents: VarianceComponent list
    /// Parameters of covariance structures, where the model has any.
    CovarianceParameters: CovarianceParameter list
    /// Restricted under REML.
    LogLikelihood: float
    Certificate: Certificate
}

/// <summary>One response with its fit, or what was wrong with it.</summary>
[<ReferenceEquality>]
type FittedResponse = {
    Response: string
    Estimates: Result<ResponseEstimates, LmmError list>
}

/// <summary>One model fitted to many responses: genes, voxels, traits. What does not depend on the response is made once.
/// </summary>
[<RequireQualifiedAccess>]
module FitMany =

    // Rows of responses of different missing values that are kept ready.
    let private mostPatterns = 64

    // Responses between two looks at who waits for results.
    let private batch = 256

    let private keyOf (values: float[]) =
        values
        |> Seq.indexed
        |> Seq.filter (fun (_, value) -> Double.IsNaN value)
        |> Seq.map (fst >> string)
        |> String.concat ","

    /// The design of a pattern with another response.
    let private designOf (name: string) (values: float[]) (pattern: SharedFits) : Result<Design, LmmError list> =
        let rows = pattern.Design.Rows
        let response = rows |> Array.map (fun row -> values[row])

        match response |> Array.tryFindIndex (Double.IsFinite >> not) with
        | Some index -> Error [ LmmError.InfiniteValue(name, rows[index] + 1) ]
        | None when
            pattern.Design.Offset.IsNone
            && response.Length > 1
            && response |> Array.forall ((=) response[0])
            ->
            Error [ LmmError.ConstantResponse name ]
        | None ->
            Ok {
                pattern.Design with
                    Response = response
                    Spec = {
                        pattern.Design.Spec with
                            Response = Expr.Column name
                    }
            }

    let private estimatesOf (options: FitManyOptions) (fit: Fit) =
        Inference.create options.DegreesOfFreedom fit
        |> Result.map (fun inference -> {
            Observations = fit.Observations
            Coefficients = Inference.coefficients options.Level inference
            VarianceComponents = fit.VarianceComponents
            CovarianceParameters =
                if fit.Model.Layout.IsPlain && fit.Design.Residual.IsNone then
                    []
                else
                    fit.CovarianceParameters
            LogLikelihood = fit.LogLikelihood
            Certificate = fit.Certificate
        })

    /// What fits one response after another; its patterns are shared by all threads.
    let private fitter (options: FitManyOptions) (spec: LmmSpec) (frame: Frame) (complete: SharedFits) =
        let known = ConcurrentDictionary<string, Result<SharedFits, LmmError list>>()
        known[""] <- Ok complete

        let patternOf (values: float[]) =
            let key =
                if Array.exists Double.IsNaN values then
                    keyOf values
                else
                    ""

            match known.TryGetValue key with
            | true, found -> found
            | false, _ ->
                let made =
                    SharedFits.create options.Fit spec frame (fun row -> Double.IsNaN values[row])

                if known.Count < mostPatterns then
                    known[key] <- made

                made

        fun (name: string, values: float[]) ->
            let estimates =
                if values.Length <> frame.Rows then
                    Error [ LmmError.UnequalLengths(name, frame.Rows, values.Length) ]
                else
                    patternOf values
                    |> Result.bind (fun pattern ->
                        designOf name values pattern
                        |> Result.bind (SharedFits.fit options.Fit pattern)
                        |> Result.bind (estimatesOf options))

            {
                Response = name
                Estimates = Result.mapError Problems.limit estimates
            }

    let private inBatches (options: FitManyOptions) fitOne (responses: (string * float[]) seq) : FittedResponse seq =
        let threads =
            ParallelOptions(MaxDegreeOfParallelism = Tiles.Threads, CancellationToken = options.Fit.Cancellation)

        seq {
            let mutable finished = 0

            for some in Seq.chunkBySize batch responses do
                let results: FittedResponse[] = Array.zeroCreate some.Length

                Parallel.For(0, some.Length, threads, (fun index -> results[index] <- fitOne some[index]))
                |> ignore

                finished <- finished + some.Length
                options.Progress |> Option.iter (fun report -> report finished)
                yield! results
        }

    /// <summary>Fits a model to responses, in their order and as they are asked for: some hundreds are read and fitted at a
    /// time, in parallel. The numbers are those of one fit after another, to the last bit.</summary>
    /// <param name="options">Options of the fits and tests.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data without the responses.</param>
    /// <param name="responses">Names and values, one for each row of the data; NaN where missing, and then the row is left
    /// out of that fit.</param>
    /// <returns>What is wrong with the model and its data, or lazily each response with its estimates or what is wrong with
    /// it.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; an option of the solver is wrong.
    /// </exception>
    /// <exception cref="T:System.OperationCanceledException">The fits were cancelled; raised while results are read.</exception>
    let run
        (options: FitManyOptions)
        (spec: LmmSpec)
        (frame: Frame)
        (responses: (string * float[]) seq)
        : Result<FittedResponse seq, LmmError list> =
        Guard.level "Level" options.Level
        FitOptions.check options.Fit

        SharedFits.create options.Fit spec frame (fun _ -> false)
        |> Problems.told
        |> Result.map (fun complete -> inBatches options (fitter options spec frame complete) responses)

    let private numbersOf (frame: Frame) name =
        let selection = Selection(frame, [| 0 .. frame.Rows - 1 |])

        NumericTyping.resolve "the response" selection (Expr.Column name)
        |> Result.map (fun expr -> name, selection.Evaluate expr)

    /// <summary>The same for responses that are columns of the data.</summary>
    /// <param name="options">Options of the fits and tests.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data.</param>
    /// <param name="names">The columns.</param>
    /// <returns>As <c>run</c>; columns that do not exist or are no numbers are problems of the model.</returns>
    let columns
        (options: FitManyOptions)
        (spec: LmmSpec)
        (frame: Frame)
        (names: string list)
        : Result<FittedResponse seq, LmmError list> =
        names
        |> List.map (numbersOf frame)
        |> Problems.all
        |> Problems.told
        |> Result.bind (run options spec frame)
