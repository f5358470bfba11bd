namespace LmmFunctional.Cli

open System
open System.Diagnostics
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Data

/// <summary>A fit that a command has asked for.</summary>
[<ReferenceEquality>]
type internal FittedModel = {
    Fit: Fit
    /// The method for degrees of freedom that was named.
    Method: DegreesOfFreedomMethod option
    /// The time it took to read the files.
    Reading: TimeSpan
}

/// <summary>Fitting what a request asks for.</summary>
[<RequireQualifiedAccess>]
module internal FittedModel =

    /// The method for degrees of freedom that a request names; problems of both names are told together.
    let method (request: FitRequest) : Result<DegreesOfFreedomMethod option, LmmError list> =
        let convention =
            match request.Convention with
            | None -> Ok None
            | Some name -> Convention.ofName name |> Result.map Some

        match request.Df, convention with
        | None, Error problems -> Error problems
        | None, Ok None -> Ok None
        | None, Ok(Some convention) -> Error [ LmmError.NoConvention("none", convention.Name) ]
        | Some name, Ok convention -> DegreesOfFreedomMethod.ofName name convention |> Result.map Some
        | Some name, Error problems ->
            match DegreesOfFreedomMethod.ofName name None with
            | Ok _ -> Error problems
            | Error others -> Error(others @ problems)

    // What fits, once all files are read.
    let private source (request: FitRequest) =
        match request.Source with
        | FitSource.Saved(path, _) -> Ok(fun _ -> Lmm.load path |> Result.map (fun fit -> fit, TimeSpan.Zero))
        | FitSource.Model(model, fitting) when model.IsOfSums ->
            let started = Stopwatch.GetTimestamp()

            ModelSource.spec model
            |> Result.bind (fun spec ->
                SumSource.collect model.Reading spec
                |> Result.map (fun partial report ->
                    let reading = Stopwatch.GetElapsedTime started

                    Partial.fitOf (ModelSource.optionsWith Map.empty report fitting) spec [ partial ]
                    |> Result.map (fun fit -> fit.Fit, reading)))
        | FitSource.Model(model, fitting) ->
            ModelSource.read model
            |> Result.map (fun source report ->
                Lmm.fit (ModelSource.options report fitting source) source.Frame source.Spec
                |> Result.map (fun fit -> fit, source.Reading))

    /// <summary>The fit of a request.</summary>
    /// <param name="report">Takes words on progress.</param>
    /// <param name="others">Problems of other names in the arguments, told with those of the files.</param>
    /// <param name="request">What is asked for.</param>
    /// <returns>The fit; or all problems of names, formula and files.</returns>
    let run report (others: LmmError list) (request: FitRequest) : Result<FittedModel, LmmError list> =
        match others, method request, source request with
        | [], Ok method, Ok fit ->
            fit report
            |> Result.map (fun (fit, reading) -> {
                Fit = fit
                Method = method
                Reading = reading
            })
        | _, method, source -> Error(others @ Results.problems method @ Results.problems source)

    /// What a fit by REML or ML is tested by where no method is named: Kenward-Roger is derived for REML.
    let usualMethod criterion =
        match criterion with
        | Criterion.Reml -> DegreesOfFreedomMethod.kenwardRoger
        | Criterion.Ml -> DegreesOfFreedomMethod.satterthwaite

    /// The fit made ready for tests by the method that was named, or the usual one.
    let inference (fitted: FittedModel) : Result<Inference, LmmError list> =
        match fitted.Method with
        | Some method -> Inference.create method fitted.Fit
        | None ->
            match Inference.create (usualMethod fitted.Fit.Criterion) fitted.Fit with
            | Ok found -> Ok found
            // What Kenward-Roger does not know has Satterthwaite's tests.
            | Error _ -> Inference.create DegreesOfFreedomMethod.satterthwaite fitted.Fit
