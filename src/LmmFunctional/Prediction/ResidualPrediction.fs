namespace LmmFunctional.Analysis

open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The residual of a future observation given the data: its place among the residuals of its subject.</summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualPlace = {
    /// The rows of the fit whose residuals are correlated with it.
    Rows: int[]
    /// These rows, then the new one.
    Joint: ResidualRows
}

/// <summary>The residuals of several future observations before any parameter.</summary>
[<NoComparison; NoEquality>]
type internal NewResiduals = {
    /// The model of the residuals of old and new rows, with the parameters of the fit.
    Model: ResidualModel
    Places: ResidualPlace[]
    /// The cell of each, where residuals are a field with a nugget.
    Cells: int voption[]
    /// Two of them together, where they are of one subject and of no field with a nugget.
    Pair: int -> int -> ResidualRows option
}

/// <summary>Residuals of future observations (kriging; Goldberger 1962).</summary>
/// <remarks>Under correlated residuals the best linear unbiased prediction of a new y is x'β̂ + z'ũ + c'R⁻¹(y − Xβ̂ − Zũ), c the
/// covariances of its residual with those of the data.</remarks>
[<RequireQualifiedAccess>]
module internal ResidualPrediction =

    /// Two columns of one kind, one below the other.
    let private append (first: Column) (second: Column) : Column =
        match first, second with
        | Column.Numeric a, Column.Numeric b -> Column.Numeric(a.AddRange b)
        | Column.Labelled(a, labels), Column.Labelled(b, others) ->
            Column.Labelled(a.AddRange b, labels.AddRange others)
        | _ -> Seq.append (NewFrame.texts first) (NewFrame.texts second) |> Column.ofStrings

    /// The columns of the residuals in the rows used, then in the new rows.
    let private joint (fit: Fit) (aligned: Frame) =
        let frame = fit.Design.Schema.Frame

        let columns =
            Columns.ofResidual fit.Design.Spec.Residual
            |> List.collect Expr.columns
            |> List.distinct
            |> List.choose (fun name ->
                match frame.TryColumn name, aligned.TryColumn name with
                | Some first, Some second -> Some(name, append (Column.select fit.Design.Rows first) second)
                | _ -> None)

        Frame(
            columns |> Seq.map fst |> ImmutableArray.CreateRange,
            columns |> Seq.map snd |> ImmutableArray.CreateRange,
            fit.Observations + aligned.Rows
        )

    let private covariates (design: ResidualDesign) (fitted: float[]) = [|
        for _, values in design.Variances ->
            match values with
            | VarianceValues.Groups(_, codes) -> Array.map float codes
            | VarianceValues.Covariate values -> values
            | VarianceValues.FittedValues -> fitted
    |]

    let private outside (fit: Fit) =
        let structure =
            match fit.Design.Spec.Residual with
            | ResidualTerm.Structured structure -> ResidualText.deparseStructure structure
            | ResidualTerm.Independent -> ""

        Error [ LmmError.NewResidualPlaces structure ]

    /// Whether both designs have the same parameters, so that those of the fit say everything of the new rows.
    let private sameParameters (first: ResidualDesign) (second: ResidualDesign) =
        (ResidualModel.create (Some first)).Parameters.Names = (ResidualModel.create (Some second)).Parameters.Names

    /// The cell of a field of residuals in which a place lies: its subject's field spans the positions of the subject's rows.
    let private cellOf (own: ResidualDesign) (grid: FieldGrid) subject (position: int list) =
        let along = position[0]
        let across = if position.Length > 1 then position[1] else 0

        let rows =
            [| 0 .. own.SubjectCodes.Length - 1 |]
            |> Array.filter (fun row -> own.SubjectCodes[row] = subject)

        if rows.Length = 0 then
            None
        else
            let field = grid.Fields[subject]

            let firstOf (axis: ResidualAxis) =
                rows |> Array.map (fun row -> axis.Position[row]) |> Array.min

            let i = along - firstOf own.Factors[0]

            let j =
                if own.Factors.Length > 1 then
                    across - firstOf own.Factors[1]
                else
                    0

            if i >= 0 && i < field.Length && j >= 0 && j < field.Width then
                Some(field.Start + i + j * field.Length)
            else
                None

    let private isSubset (own: ResidualDesign) (design: ResidualDesign) =
        List.forall2
            (fun (a: ResidualAxis) (b: ResidualAxis) -> a.Labels.Length = b.Labels.Length)
            own.Factors
            design.Factors

    /// The levels of subjects of the fit among those of both.
    let private subjectOfFit (own: ResidualDesign) (design: ResidualDesign) code =
        own.Subjects.IndexOf design.Subjects[code]

    /// Rows of one subject, old and new ones.
    let private jointRows (fit: Fit) (design: ResidualDesign) positions (ofAll: float[][]) (all: int[]) : ResidualRows =
        let rootOf other =
            match fit.Design.Weights with
            | Some weights when other < fit.Observations -> 1.0 / sqrt weights[other]
            | _ -> 1.0

        {
            Subjects = Array.zeroCreate all.Length
            Levels =
                match design.Levels with
                | Some(_, _, codes) -> all |> Array.map (fun row -> codes[row])
                | None -> Array.zeroCreate all.Length
            Positions = all |> Array.map (fun row -> Array.get positions row)
            Covariates = ofAll |> Array.map (fun own -> all |> Array.map (fun row -> own[row]))
            RootVariances = Array.map rootOf all
        }

    /// <summary>The places of new rows.</summary>
    /// <param name="isConditional">Whether the residuals of the data say something of the new ones.</param>
    /// <param name="fit">The fit, with structured residuals.</param>
    /// <param name="aligned">The new data.</param>
    /// <param name="estimates">What is predicted for the rows without their residuals.</param>
    /// <returns>A place for each new row; or: a place with parameters that the fit does not know.</returns>
    let places isConditional (fit: Fit) (aligned: Frame) (estimates: float[]) : Result<NewResiduals, LmmError list> =
        match fit.Design.Spec.Residual, fit.Design.Residual with
        | ResidualTerm.Structured structure, Some own ->
            let n = fit.Observations
            let frame = joint fit aligned
            let selection = Selection(frame, [| 0 .. frame.Rows - 1 |])

            ResidualDesign.build selection structure
            |> Result.bind (fun design ->
                if not (sameParameters own design) then
                    outside fit
                else
                    let positions =
                        (design.Factors, Array.zeroCreate<int> frame.Rows)
                        ||> List.foldBack (fun axis codes ->
                            Array.map2 (fun at others -> at + axis.Labels.Length * others) axis.Position codes)

                    let ofAll = covariates design (Array.append (Fit.fitted fit) estimates)

                    let bySubject =
                        [| 0 .. n - 1 |] |> Array.groupBy (fun row -> design.SubjectCodes[row]) |> dict

                    let rowsOf row =
                        match bySubject.TryGetValue design.SubjectCodes[row] with
                        | true, rows when isConditional && not design.Factors.IsEmpty -> rows
                        | _ -> [||]

                    let fields =
                        match RowDependence.ofLikelihood fit.Model with
                        | RowDependence.Fields fields when fields.HasNugget && isConditional -> Some fields.Grid
                        | _ -> None

                    let cells =
                        match fields with
                        | None -> Some(Array.create aligned.Rows ValueNone)
                        | Some grid when isSubset own design ->
                            let found =
                                Array.init aligned.Rows (fun k ->
                                    let subject = subjectOfFit own design design.SubjectCodes[n + k]

                                    design.Factors
                                    |> List.map (fun axis -> axis.Position[n + k])
                                    |> cellOf own grid subject)

                            if Array.forall Option.isSome found then
                                Some(found |> Array.map (Option.get >> ValueSome))
                            else
                                None
                        | Some _ -> None

                    match cells with
                    | None -> outside fit
                    | Some cells ->
                        Ok {
                            Model = ResidualModel.create (Some design)
                            Cells = cells
                            Places =
                                Array.init aligned.Rows (fun k ->
                                    let rows = if fields.IsSome then [||] else rowsOf (n + k)

                                    {
                                        Rows = rows
                                        Joint = jointRows fit design positions ofAll (Array.append rows [| n + k |])
                                    })
                            Pair =
                                fun k l ->
                                    let isTogether =
                                        design.SubjectCodes[n + k] = design.SubjectCodes[n + l]
                                        && fields.IsNone
                                        && not design.Factors.IsEmpty

                                    if isTogether then
                                        Some(jointRows fit design positions ofAll [| n + k; n + l |])
                                    else
                                        None
                        })
        | _ -> outside fit

    let private parametersOf (equations: MixedModelEquations) =
        RowDependence.residualParameters equations.Fit.Model equations.Theta

    /// <summary>The shares of all places at given equations; each of prior weight w.</summary>
    let private sharesOf
        (residuals: NewResiduals)
        (weights: float[])
        (equations: MixedModelEquations)
        : ResidualShare[] =
        let element = residuals.Model.Element(Jet.constants (parametersOf equations))
        let precision = equations.Residual

        residuals.Places
        |> Array.mapi (fun k place ->
            let m = place.Rows.Length
            let own = element place.Joint
            let root = 1.0 / sqrt weights[k]
            // The joint rows give the new observation weight one.
            let covariances = Array.init m (fun j -> root * (own m j).Value)
            let variance = (own m m).Value / weights[k]
            let index = Dictionary<int, int>()
            place.Rows |> Array.iteri (fun at row -> index[row] <- at)
            let shares: float[] = Array.zeroCreate m

            for j in 0 .. m - 1 do
                for at in precision.Starts[place.Rows[j]] .. precision.Starts[place.Rows[j] + 1] - 1 do
                    shares[j] <- shares[j] + precision.Values[at] * covariances[index[precision.Columns[at]]]

            match residuals.Cells[k], precision.Latent with
            | ValueSome cell, Some field -> {
                Weights = [||]
                Covariances = [||]
                Cells = [ struct (cell, root * sqrt field.Share) ]
                Variance = (1.0 - field.Share) / weights[k]
              }
            | _ -> {
                Weights = Array.init m (fun j -> struct (place.Rows[j], shares[j]))
                Covariances = covariances
                Cells = []
                Variance = max 0.0 (variance - Dense.Dot(shares, covariances))
              })

    /// What is left of the residuals of two places has a covariance where they are of one subject.
    let private between (residuals: NewResiduals) (weights: float[]) (shares: ResidualShare[]) equations =
        let element = residuals.Model.Element(Jet.constants (parametersOf equations))

        fun k l ->
            match residuals.Pair k l with
            | None -> 0.0
            | Some joint ->
                let together = (element joint 0 1).Value / sqrt (weights[k] * weights[l])

                let explained =
                    Array.fold2
                        (fun sum (struct (_, weight)) covariance -> sum + weight * covariance)
                        0.0
                        shares[k].Weights
                        shares[l].Covariances

                together - explained

    /// <summary>What the residuals of all places add at given equations; each of prior weight w.</summary>
    let parts (residuals: NewResiduals) (weights: float[]) (equations: MixedModelEquations) : ResidualParts =
        let shares = sharesOf residuals weights equations
        let covariance = between residuals weights shares equations

        {
            Shares = shares
            Covariance = fun k l -> if k = l then shares[k].Variance else covariance k l
        }
