namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional

/// <summary>Error variances of predictions as functions of the covariance parameters, with Satterthwaite's degrees of freedom.
/// </summary>
[<RequireQualifiedAccess>]
module internal PredictionVariance =

    /// z'Gw relative to σ² for effects of a level of term t.
    let private covarianceOfLevel (equations: MixedModelEquations) t (z: float[]) (w: float[]) =
        let place = equations.Layout.Places[t]
        let s = place.Order
        let mutable sum = 0.0

        for k in 0 .. s - 1 do
            let mutable left = 0.0
            let mutable right = 0.0

            for i in 0 .. s - 1 do
                left <- left + place.UserLambda[i + k * s] * z[i]
                right <- right + place.UserLambda[i + k * s] * w[i]

            sum <- sum + left * right

        sum

    /// What effects of new levels add to the covariance of two rows.
    let private ofNewLevels equations (first: PredictionRow) (second: PredictionRow) =
        let mutable sum = 0.0

        for struct (t, level, z) in first.New do
            for struct (other, same, w) in second.New do
                if t = other && level = same then
                    sum <- sum + covarianceOfLevel equations t z w

        sum

    /// <summary>The functions that rows predict: x and z, less those of the residuals that predict theirs.</summary>
    let functions (equations: MixedModelEquations) (rows: PredictionRow[]) (parts: ResidualParts option) =
        let shareOf k =
            parts |> Option.map (fun parts -> parts.Shares[k])

        let effects k : seq<struct (int * int * float[])> = [
            yield! rows[k].Known

            match shareOf k with
            | Some share ->
                for struct (cell, loading) in share.Cells do
                    equations.CellEffects(cell, loading)
            | None -> ()
        ]

        let plain = equations.Functions(rows.Length, (fun k -> rows[k].Fixed), effects)

        let weightsOf k =
            match shareOf k with
            | Some share -> share.Weights
            | None -> [||]

        if Seq.forall (weightsOf >> Array.isEmpty) (seq { 0 .. rows.Length - 1 }) then
            plain
        else
            let data = equations.RowFunctions
            let p = equations.FixedCount
            let coordinates = Array.copy plain.Fixed

            for k in 0 .. rows.Length - 1 do
                for struct (row, weight) in weightsOf k do
                    for j in 0 .. p - 1 do
                        coordinates[k * p + j] <- coordinates[k * p + j] - weight * data.Fixed[row * p + j]

            {
                Fixed = coordinates
                Random =
                    SparseRows.create rows.Length (fun k add ->
                        for at in plain.Random.Starts[k] .. plain.Random.Starts[k + 1] - 1 do
                            add plain.Random.Positions[at] plain.Random.Values[at]

                        for struct (row, weight) in weightsOf k do
                            for at in data.Random.Starts[row] .. data.Random.Starts[row + 1] - 1 do
                                add data.Random.Positions[at] (-weight * data.Random.Values[at]))
            }

    let private partsAt (targets: PredictionTargets) equations =
        targets.Residuals |> Option.map (fun residuals -> residuals equations)

    /// <summary>Error variances relative to σ², one for each row.</summary>
    let relative (targets: PredictionTargets) (equations: MixedModelEquations) : float[] =
        let parts = partsAt targets equations
        let rows = targets.Rows

        let estimated =
            EffectCovariance.variances equations (functions equations rows parts)

        Array.init rows.Length (fun k ->
            let residual =
                match parts with
                | Some parts -> parts.Shares[k].Variance
                | None -> 0.0

            estimated[k] + residual + ofNewLevels equations rows[k] rows[k])

    /// <summary>Error covariances relative to σ², k×k by columns; cost k solves and k² products.</summary>
    let relativeMatrix (targets: PredictionTargets) (equations: MixedModelEquations) : float[] =
        let parts = partsAt targets equations
        let rows = targets.Rows
        let k = rows.Length
        let result = EffectCovariance.matrix equations (functions equations rows parts)

        for i in 0 .. k - 1 do
            for j in 0 .. k - 1 do
                let residual =
                    match parts with
                    | Some parts -> parts.Covariance i j
                    | None -> 0.0

                result[i + j * k] <- result[i + j * k] + residual + ofNewLevels equations rows[i] rows[j]

        result

    /// <summary>The predictions at given equations as linear functions of y, in units of the response; without the offset and the
    /// shift of y, which no change of θ moves.</summary>
    let estimates (targets: PredictionTargets) (equations: MixedModelEquations) : float[] =
        let parts = partsAt targets equations
        let found = equations.Estimates(functions equations targets.Rows parts)

        match parts with
        | None -> found
        | Some parts ->
            let y = equations.Response

            found
            |> Array.mapi (fun k value ->
                value
                + Array.sumBy (fun (struct (row, weight)) -> weight * y[row]) parts.Shares[k].Weights)

    /// <summary>The equations at a point (θ, log σ) and σ².</summary>
    let at (fit: Fit) (point: float[]) : struct (MixedModelEquations * float) =
        let omega = ImmutableArray.CreateRange point
        let equations = MixedModelEquations(fit, JointLikelihood.thetaOf fit.Model omega)
        struct (equations, exp (2.0 * JointLikelihood.logSigmaOf fit.Model omega))

    // A step of this many standard errors: differences of smooth functions are then good to six digits.
    let private stepLength = 1e-3

    // A parameter that the data hardly determine has a large standard error: functions of it still bend over a step of one.
    let private longestStep = 3e-4

    /// <summary>For every free coordinate of (θ, log σ) the points one step up and down, with the length between them; None for one
    /// without a standard error.</summary>
    let steps (fit: Fit) (free: int[]) (covariance: MathNet.Numerics.LinearAlgebra.Matrix<float>) =
        let point = CoordinateCovariance.pointOf fit

        free
        |> Array.mapi (fun index k ->
            let step = min longestStep (stepLength * sqrt (max 0.0 covariance[index, index]))

            if step > 0.0 then
                let moved size =
                    let at = Seq.toArray point
                    at[k] <- at[k] + size
                    at

                Some(moved step, moved -step, 2.0 * step)
            else
                None)

    /// <summary>2v²/(g'Wg) of each row, v its error variance with known covariance parameters and g its derivatives by them, central
    /// differences; W their covariance from one information: Satterthwaite's df, and Kenward and Roger's of one function.</summary>
    let degrees information (targets: PredictionTargets) (atEstimates: float[]) : float[] =
        let fit = targets.Fit
        let free, covariance = CoordinateCovariance.coordinateCovariance information fit

        let variancesAt point =
            let struct (equations, variance) = at fit point
            relative targets equations |> Array.map ((*) variance)

        let gradients =
            steps fit free covariance
            |> Array.map (fun step ->
                match step with
                | Some(up, down, length) ->
                    Array.map2 (fun up down -> (up - down) / length) (variancesAt up) (variancesAt down)
                | None -> Array.zeroCreate targets.Rows.Length)

        Array.init targets.Rows.Length (fun row ->
            let mutable spread = 0.0

            for i in 0 .. free.Length - 1 do
                for j in 0 .. free.Length - 1 do
                    spread <- spread + gradients[i].[row] * covariance[i, j] * gradients[j].[row]

            if spread > 0.0 then
                2.0 * atEstimates[row] * atEstimates[row] / spread
            else
                infinity)
