namespace LmmFunctional

open System.Collections.Immutable

/// <summary>Error variances of predictions as functions of the covariance parameters, with Satterthwaite's degrees of freedom.
/// </summary>
[<RequireQualifiedAccess>]
module internal PredictionVariance =

    /// A residual share for each row at given equations; None where no observation is predicted.
    type Shares = MixedModelEquations -> ResidualShare option[]

    /// λ₂ of a new level: z'Gz relative to σ².
    let private ofNewLevel (equations: MixedModelEquations) (struct (t, z: float[])) =
        let place = equations.Layout.Places[t]
        let s = place.Order
        let mutable sum = 0.0

        for k in 0 .. s - 1 do
            let mutable image = 0.0

            for i in 0 .. s - 1 do
                image <- image + place.UserLambda[i + k * s] * z[i]

            sum <- sum + image * image

        sum

    /// The functions that rows predict: x and z, less those of the residuals that predict theirs.
    let private functions (equations: MixedModelEquations) (rows: PredictionRow[]) (shares: ResidualShare option[]) =
        let effects k : seq<struct (int * int * float[])> = [
            yield! rows[k].Known

            match shares[k] with
            | Some {
                       Cell = ValueSome(struct (cell, loading))
                   } -> equations.CellEffects(cell, loading)
            | _ -> ()
        ]

        let plain = equations.Functions(rows.Length, (fun k -> rows[k].Fixed), effects)

        if shares |> Array.forall (Option.forall (fun share -> share.Weights.Length = 0)) then
            plain
        else
            let data = equations.RowFunctions
            let p = equations.FixedCount
            let coordinates = Array.copy plain.Fixed

            let weightsOf k =
                match shares[k] with
                | Some share -> share.Weights
                | None -> [||]

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

    /// <summary>Error variances relative to σ², one for each row.</summary>
    let relative (equations: MixedModelEquations) (rows: PredictionRow[]) (shares: Shares) : float[] =
        let own = shares equations
        let estimated = EffectCovariance.variances equations (functions equations rows own)

        Array.init rows.Length (fun k ->
            let residual =
                match own[k] with
                | Some share -> share.Variance
                | None -> 0.0

            estimated[k] + residual + List.sumBy (ofNewLevel equations) rows[k].New)

    // A step of this many standard errors: differences of smooth functions are then good to six digits.
    let private stepLength = 1e-3

    /// <summary>Satterthwaite's df of each row: 2v²/(g'Wg), v its error variance and g its derivatives by the covariance parameters,
    /// central differences; W their covariance from observed information.</summary>
    let degrees (fit: Fit) (rows: PredictionRow[]) (shares: Shares) (atEstimates: float[]) : float[] =
        let free, covariance =
            CovarianceInference.coordinateCovariance Information.Observed fit

        let point = CovarianceInference.pointOf fit

        let variancesAt (at: float[]) =
            let omega = ImmutableArray.CreateRange at
            let equations = MixedModelEquations(fit, JointLikelihood.thetaOf fit.Model omega)
            let variance = exp (2.0 * JointLikelihood.logSigmaOf fit.Model omega)
            relative equations rows shares |> Array.map ((*) variance)

        let gradients =
            free
            |> Array.mapi (fun index k ->
                let step = stepLength * sqrt (max 0.0 covariance[index, index])

                if step > 0.0 then
                    let moved size =
                        let at = Seq.toArray point
                        at[k] <- at[k] + size
                        variancesAt at

                    Array.map2 (fun up down -> (up - down) / (2.0 * step)) (moved step) (moved -step)
                else
                    Array.zeroCreate rows.Length)

        Array.init rows.Length (fun row ->
            let mutable spread = 0.0

            for i in 0 .. free.Length - 1 do
                for j in 0 .. free.Length - 1 do
                    spread <- spread + gradients[i].[row] * covariance[i, j] * gradients[j].[row]

            if spread > 0.0 then
                2.0 * atEstimates[row] * atEstimates[row] / spread
            else
                infinity)
