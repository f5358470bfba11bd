namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The simulator of a fit on new data.</summary>
[<RequireQualifiedAccess>]
module internal SimulatedRows =

    /// A term of the fit in new rows: its levels, then the new ones in the order of the rows.
    let private onRows effects (fit: Fit) (rows: PredictionRow[]) t covariance : SimulatedTerm =
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
                    | SimulatedEffects.Fitted when level < term.Levels.Length -> Some(SimulatedTerms.modeOf fit t level)
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

    /// As <c>Simulator.onFrame</c>.
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
                |> Result.map (SimulatedTerms.assemble [| 0 .. rows.Length - 1 |] mean terms))
