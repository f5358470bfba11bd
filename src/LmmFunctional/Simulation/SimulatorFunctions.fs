namespace LmmFunctional.Analysis

open System.Collections.Immutable
open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Drawing responses: from a fit, on new data, or from parameters that are given.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Simulator =

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
                            | SimulatedEffects.Fitted -> SimulatedTerms.modeOf fit t >> Some
                    }
            ]

            SimulatedTerms.assemble
                fit.Design.Rows
                (SimulatedTerms.fixedPart fit.Design fit.Inner.Beta)
                terms
                residuals)

    /// <summary>The simulator of a fit on new data, with the fit's bases and codings.</summary>
    /// <param name="effects">What effects levels have that the fit knows; new levels have new ones.</param>
    /// <param name="frame">The new data; no response is needed.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>It; or: columns that are not there or have missing values, levels of factors that the fit has not seen, new levels
    /// where levels are related, and new places of residuals that have parameters of their own.</returns>
    let onFrame (effects: SimulatedEffects) (frame: Frame) (fit: Fit) : Result<Simulator, LmmError list> =
        SimulatedRows.onFrame effects frame fit

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
            let mean = SimulatedTerms.fixedPart design beta

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
            |> Result.map (SimulatedTerms.assemble design.Rows mean terms))

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
