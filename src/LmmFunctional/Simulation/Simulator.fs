namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>What random effects simulated responses have.</summary>
[<RequireQualifiedAccess>]
type SimulatedEffects =
    /// New ones for every level.
    | New
    /// Those predicted by the fit for its levels; new ones for other levels.
    | Fitted

/// <summary>Parameters of a model by name, in the units that are printed.</summary>
type SimulationParameters = {
    /// Of every column of X.
    Fixed: Map<string, float>
    /// Variances and covariances (<c>group.effect</c>, <c>group.effect.effect</c>), parameters of structures (<c>group.rho</c>,
    /// <c>Residual.rho</c>), and <c>Residual</c>, the residual variance.
    Covariance: Map<string, float>
}

/// <summary>A model with all its parameters on the rows of a data set: what responses are drawn from.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Simulator = internal {
    /// The rows of the data that responses have values for, from zero.
    DataRows: int[]
    Add: ResidualSampler.Sampler
    /// xβ with offset, and the effects that are not drawn.
    Mean: float[]
} with

    /// The rows of the data that a response has values for, from one.
    member simulator.Rows: ImmutableArray<int> =
        simulator.DataRows |> Seq.map ((+) 1) |> ImmutableArray.CreateRange

    /// What is the same in every response: the fixed part, and effects that are not drawn.
    member simulator.Known: ImmutableArray<float> =
        ImmutableArray.CreateRange simulator.Mean

    member private this.Display = Plural.count this.DataRows.Length "row" + " to simulate"

    /// The number of rows.
    override this.ToString() = this.Display

/// <summary>Drawing responses: from a fit, on new data, or from parameters that are given.</summary>
[<RequireQualifiedAccess>]
module Simulator =

    /// One term with its codes and columns in the rows, its covariance, and S effects for levels that are not drawn.
    [<NoComparison; NoEquality>]
    type private Term = {
        Relationship: Relationship option
        Levels: int
        Codes: int[]
        Columns: float[][]
        Covariance: Matrix
        Kept: int -> float[] option
    }

    /// Draws the effects of a term, those kept set to zero, after adding the kept ones to the mean.
    let private ofTerm (mean: float[]) (term: Term) : ResidualSampler.Sampler =
        let order = term.Columns.Length
        let kept = Array.init term.Levels term.Kept
        let known: float[] = Array.zeroCreate (term.Levels * order)

        kept
        |> Array.iteri (fun level own -> own |> Option.iter (fun own -> Array.blit own 0 known (level * order) order))

        EffectSampler.add term.Codes term.Columns known mean

        if kept |> Array.forall Option.isSome then
            fun _ _ -> ()
        else
            let draw = EffectSampler.create term.Relationship term.Levels term.Covariance

            fun stream response ->
                let effects = draw stream

                kept
                |> Array.iteri (fun level own ->
                    if own.IsSome then
                        Array.fill effects (level * order) order 0.0)

                EffectSampler.add term.Codes term.Columns effects response

    let private assemble rows mean (terms: Term list) residuals =
        let draws = terms |> List.map (ofTerm mean)

        {
            DataRows = rows
            Mean = mean
            Add =
                fun stream response ->
                    for draw in draws do
                        draw stream response

                    residuals stream response
        }

    let private fixedPart (design: Design) (beta: float[]) =
        let x = design.Fixed.Matrix

        Array.init x.Rows (fun row ->
            let mutable value =
                match design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0

            for j in 0 .. x.Columns - 1 do
                value <- value + x[row, j] * beta[j]

            value)

    /// The effects that a fit predicts for a level of a term.
    let private modeOf (fit: Fit) t =
        let order = fit.Design.Random[t].Names.Length
        fun level -> Array.sub fit.Inner.Effects.Value[t] (level * order) order

    /// <summary>The simulator of a fit on its own rows.</summary>
    /// <returns>It; or: the blocks of dependent rows take too much memory.</returns>
    let ofFit (effects: SimulatedEffects) (fit: Fit) : Result<Simulator, LmmError list> =
        Design.needRows "Simulated responses" fit.Design
        |> Result.bind (fun () ->
            ResidualSampler.create fit.Design (RowDependence.residualParameters fit.Model fit.Inner.Theta) fit.Sigma)
        |> Result.map (fun residuals ->
            let terms = [
                for t, (term, (_, covariance)) in Seq.indexed (Seq.zip fit.Design.Random fit.RandomCovariances) ->
                    {
                        Relationship = term.Relationship
                        Levels = term.Levels.Length
                        Codes = term.Codes
                        Columns = term.Columns
                        Covariance = covariance
                        Kept =
                            match effects with
                            | SimulatedEffects.New -> fun _ -> None
                            | SimulatedEffects.Fitted -> modeOf fit t >> Some
                    }
            ]

            assemble fit.Design.Rows (fixedPart fit.Design fit.Inner.Beta) terms residuals)

    // New data

    /// A term of the fit in new rows: its levels, then the new ones in the order of the rows.
    let private onRows effects (fit: Fit) (rows: PredictionRow[]) t covariance : Term =
        let term = fit.Design.Random[t]
        let order = term.Names.Length
        let fresh = Dictionary<string, int>(StringComparer.Ordinal)

        let codeOfNew name =
            match fresh.TryGetValue name with
            | true, code -> code
            | false, _ ->
                let code = term.Levels.Length + fresh.Count
                fresh.Add(name, code)
                code

        let place (row: PredictionRow) =
            let known =
                row.Known
                |> List.tryPick (fun (struct (own, level, z)) -> if own = t then Some struct (level, z) else None)

            match known with
            | Some found -> found
            | None ->
                let struct (name, z) =
                    row.New
                    |> List.pick (fun (struct (own, name, z)) -> if own = t then Some struct (name, z) else None)

                struct (codeOfNew name, z)

        let places = rows |> Array.map place

        {
            Relationship = if fresh.Count = 0 then term.Relationship else None
            Levels = term.Levels.Length + fresh.Count
            Codes = places |> Array.map (fun (struct (code, _)) -> code)
            Columns = Array.init order (fun i -> places |> Array.map (fun (struct (_, z)) -> z[i]))
            Covariance = covariance
            Kept =
                fun level ->
                    match effects with
                    | SimulatedEffects.Fitted when level < term.Levels.Length -> Some(modeOf fit t level)
                    | _ -> None
        }

    /// The residuals' structure in new rows; a variance that follows the fitted values follows the mean.
    let private residualOf (fit: Fit) (aligned: Frame) (mean: float[]) =
        match fit.Spec.Residual with
        | ResidualTerm.Independent -> Ok None
        | ResidualTerm.Structured structure ->
            let own (design: ResidualDesign) =
                VarianceParameters.structureOf {
                    fit.Design with
                        Residual = Some design
                }

            ResidualDesign.build (Selection(aligned, [| 0 .. aligned.Rows - 1 |])) structure
            |> Result.bind (fun design ->
                if (own design).Names = (VarianceParameters.structureOf fit.Design).Names then
                    Ok(
                        Some {
                            design with
                                Variances =
                                    design.Variances
                                    |> List.map (fun (variance, values) ->
                                        variance,
                                        match values with
                                        | VarianceValues.FittedValues -> VarianceValues.Covariate mean
                                        | _ -> values)
                        }
                    )
                else
                    Error [ LmmError.NewResidualPlaces(ResidualText.correlations structure) ])

    /// <summary>The simulator of a fit on new data, with the fit's bases and codings.</summary>
    /// <param name="effects">What effects levels have that the fit knows; new levels have new ones.</param>
    /// <param name="frame">The new data; no response is needed.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>It; or: columns that are not there or have missing values, levels of factors that the fit has not seen, new levels
    /// where levels are related, and new places of residuals that have parameters of their own.</returns>
    let onFrame (effects: SimulatedEffects) (frame: Frame) (fit: Fit) : Result<Simulator, LmmError list> =
        let options = {
            PredictionOptions.defaults with
                Interval = PredictionInterval.Prediction
        }

        NewRows.create options fit frame
        |> Result.bind (fun (rows, aligned) ->
            let mean =
                rows
                |> Array.map (fun row -> Array.fold2 (fun sum x b -> sum + x * b) row.Offset row.Fixed fit.Inner.Beta)

            let terms =
                fit.RandomCovariances
                |> List.mapi (fun t (_, covariance) -> onRows effects fit rows t covariance)

            let unrelated = [
                for term, own in Seq.zip fit.Design.Random terms do
                    if term.Relationship.IsSome && own.Levels > term.Levels.Length then
                        let fresh =
                            rows
                            |> Seq.collect _.NewLevels
                            |> Seq.filter (fun (group, _) -> group = term.Group)
                            |> Seq.map snd
                            |> Seq.distinct
                            |> List.ofSeq

                        LmmError.NewGroupLevels(term.Group, fresh)
            ]

            if not unrelated.IsEmpty then
                Error unrelated
            else
                residualOf fit aligned mean
                |> Result.bind (fun residual ->
                    let design = {
                        fit.Design with
                            Response = Array.zeroCreate rows.Length
                            Weights = fit.Design.Weights |> Option.map (fun _ -> rows |> Array.map _.Weight)
                            Residual = residual
                    }

                    ResidualSampler.create
                        design
                        (RowDependence.residualParameters fit.Model fit.Inner.Theta)
                        fit.Sigma)
                |> Result.map (assemble [| 0 .. rows.Length - 1 |] mean terms))

    // Given parameters

    let private betaOf (design: Design) (values: Map<string, float>) =
        let names = List.ofSeq design.Fixed.Names
        let known = List.ofSeq design.Fixed.AllNames

        let problems = [
            for name in Map.keys values do
                if not (List.contains name known) then
                    LmmError.UnknownCoefficient(name, Nearest.suggest known name)

            match names |> List.filter (values.ContainsKey >> not) with
            | [] -> ()
            | missing -> LmmError.MissingParameters missing
        ]

        match problems with
        | [] -> Ok [| for name in names -> values[name] |]
        | _ -> Error problems

    /// The likelihood of noise with all covariance parameters held.
    let private heldAt (design: Design) (values: Map<string, float>) =
        LogLikelihood.createWith values Criterion.Ml design
        |> Result.bind (fun likelihood ->
            let free = [
                yield! likelihood.Function.Names

                if likelihood.Held.IsProfiled then
                    NamedParameters.residualName
            ]

            if free.IsEmpty then
                Ok likelihood
            else
                Error [ LmmError.MissingParameters free ])

    /// The simulator of a design that parameters are given for.
    let internal ofDesign (parameters: SimulationParameters) (design: Design) : Result<Simulator, LmmError list> =
        Problems.both (betaOf design parameters.Fixed) (heldAt design parameters.Covariance)
        |> Result.bind (fun (beta, likelihood) ->
            let solution = Solution.at likelihood ImmutableArray.Empty
            let variance = solution.Sigma * solution.Sigma
            let mean = fixedPart design beta

            let terms = [
                for term, relative in Seq.zip design.Random solution.Covariances ->
                    let order = term.Names.Length

                    {
                        Relationship = term.Relationship
                        Levels = term.Levels.Length
                        Codes = term.Codes
                        Columns = term.Columns
                        Covariance = Matrix.init order order (fun i j -> variance * relative[i + j * order])
                        Kept = fun _ -> None
                    }
            ]

            ResidualSampler.create design (RowDependence.residualParameters likelihood solution.Theta) solution.Sigma
            |> Result.map (assemble design.Rows mean terms))

    /// <summary>The simulator of a model whose parameters are given.</summary>
    /// <param name="known">The matrices that relate levels, by their names in the model.</param>
    /// <param name="parameters">A value for every fixed effect and every covariance parameter.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data without a response.</param>
    /// <returns>It; or all that is wrong with the model and the data, parameters without a value, names that the model does not
    /// have, and values that no covariance matrix has.</returns>
    let ofParameters
        (known: Map<string, Relationship>)
        (parameters: SimulationParameters)
        (spec: LmmSpec)
        (frame: Frame)
        : Result<Simulator, LmmError list> =
        NoiseDesign.build known spec frame (fun _ -> false)
        |> Result.bind (ofDesign parameters)
        |> Problems.told

    /// <summary>The parameters of a fit by name, as <c>ofParameters</c> takes them.</summary>
    let parametersOf (fit: Fit) : SimulationParameters =
        let point = LogLikelihood.pointAt fit.Model (List.last fit.Path).Theta

        {
            Fixed = Seq.zip fit.Design.Fixed.Names fit.Inner.Beta |> Map.ofSeq
            Covariance =
                Map.ofList [
                    yield NamedParameters.residualName, fit.Sigma * fit.Sigma

                    for block in fit.Model.Parameters do
                        for name in block.Names do
                            yield name, ParameterValue.at fit.Model point name
                ]
        }

    // Drawing

    /// <summary>The response of a seed and an index: the same on any machine, whatever else is drawn.</summary>
    /// <returns>A value for each of the simulator's rows.</returns>
    let response (seed: int) (index: int) (simulator: Simulator) : float[] =
        let response = Array.copy simulator.Mean
        simulator.Add (RandomStream(uint64 seed, index)) response
        response

    /// <summary>Responses 0 .. count − 1 of a seed, drawn in parallel; the same bits at any number of threads.</summary>
    /// <exception cref="T:System.ArgumentException">The number is negative.</exception>
    let responses (seed: int) (count: int) (simulator: Simulator) : float[][] =
        Guard.atLeast (nameof count) "The number of responses" 0 count
        let result: float[][] = Array.zeroCreate count

        Parallel.For(
            0,
            count,
            ParallelOptions(MaxDegreeOfParallelism = Tiles.Threads),
            fun index -> result[index] <- response seed index simulator
        )
        |> ignore

        result
