namespace LmmFunctional.Cli

open System
open System.Diagnostics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A model with its data and the matrices it names, read from the user's files.</summary>
type internal ModelSource = {
    Spec: LmmSpec
    Frame: Frame
    Known: Map<string, Relationship>
    /// The time it took to read them.
    Reading: TimeSpan
}

/// <summary>Reading what a request names: problems of the formula and of all files are told together.</summary>
[<RequireQualifiedAccess>]
module internal ModelSource =

    // The option says what a clause of the formula would say, so only one of them can.
    let private withResidual (residual: string option) (spec: LmmSpec) =
        match residual, spec.Residual with
        | None, _ -> Ok spec
        | Some text, ResidualTerm.Independent ->
            Formula.parseResidual text
            |> Result.map (fun residual -> LmmSpec.withResidual residual spec)
        | Some _, ResidualTerm.Structured _ -> Error [ LmmError.TwoResiduals ]

    let private withWeights (weights: string option) (spec: LmmSpec) =
        match weights with
        | Some column -> LmmSpec.withWeights column spec
        | None -> spec

    let private specOf (request: ModelRequest) formula =
        Formula.parse formula
        |> Result.bind (withResidual request.Residual)
        |> Result.map (withWeights request.Weights)

    // A matrix that no model names is a mistyped name.
    let private unused (request: ModelRequest) (specs: LmmSpec list) =
        let named =
            [
                for spec in specs do
                    for term in spec.Random do
                        yield! Option.toList term.Relationship
            ]
            |> List.distinct

        request.Known @ request.Pedigrees
        |> List.map fst
        |> List.filter (fun name -> not (List.contains name named))
        |> List.map (fun name -> LmmError.UnusedMatrix(name, named))

    let private specs (formulas: string list) (request: ModelRequest) =
        formulas
        |> List.map (specOf request)
        |> Results.all
        |> Result.bind (fun specs ->
            match unused request specs with
            | [] -> Ok specs
            | problems -> Error problems)

    /// The model of a request without its data, or the problems of the formula.
    let spec (request: ModelRequest) : Result<LmmSpec, LmmError list> =
        specs [ request.Formula ] request |> Result.map List.head

    /// <summary>Several models of the same data, with the weights and structures of the request.</summary>
    /// <param name="formulas">Their formulas, one at least.</param>
    /// <param name="request">The data, and what the models have in common.</param>
    /// <returns>The models with their data, or all problems of formulas and files.</returns>
    let readAll (formulas: string list) (request: ModelRequest) : Result<ModelSource list, LmmError list> =
        let started = Stopwatch.GetTimestamp()

        let specs = specs formulas request
        let data = DataOptions.read request.Reading

        let matrices =
            KnownMatrices.read request.Reading.Csv request.Known request.Pedigrees

        match specs, data, matrices with
        | Ok specs, Ok frame, Ok known ->
            let reading = Stopwatch.GetElapsedTime started

            specs
            |> List.map (fun spec -> {
                Spec = spec
                Frame = frame
                Known = known
                Reading = reading
            })
            |> Ok
        | specs, frame, known -> Error(Results.problems specs @ Results.problems frame @ Results.problems known)

    /// <summary>The model of a request.</summary>
    /// <returns>The model with its data, or all problems of formula and files.</returns>
    let read (request: ModelRequest) : Result<ModelSource, LmmError list> =
        readAll [ request.Formula ] request |> Result.map List.head

    /// How a model with known matrices is fitted, with what takes words on its progress.
    let optionsWith known (report: string -> unit) (request: FittingRequest) = {
        FitOptions.defaults with
            Criterion = request.Criterion
            Known = known
            Held = Map.ofList request.Held
            Bounds = Map.ofList request.Bounds
            Start = Map.ofList request.Start
            Budget = request.Budget
            Solver = SolverOptions.ofAlgorithm request.Algorithm
            Progress = Some(ProgressDisplay.ofIteration >> report)
    }

    /// How a model is fitted, with what takes words on its progress.
    let options report request (source: ModelSource) = optionsWith source.Known report request
