namespace LmmFunctional.Verification

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>What a fit says of its rows: predictions, leverages, deletions and shifts; in units of the response.</summary>
[<NoComparison; ReferenceEquality>]
type internal RowClaims = {
    /// The estimates that predict the rows of the data.
    Predictions: float[]
    /// Their error variances.
    PredictionVariances: float[]
    /// The diagonal of I − RP.
    Leverage: float[]
    /// The diagonal of XMX'V⁻¹.
    FixedLeverage: float[]
    /// L⁻¹(y − Xβ̂); empty where it was not computed.
    Decorrelated: float[]
    /// The rows of a unit that is deleted and shifted.
    Unit: int[]
    /// β̂ without the unit less β̂; None where the other rows do not determine it.
    BetaChange: float[] option
    /// The mean shift of the unit and its standard error; None where X determines it.
    Shift: struct (float * float) option
    /// The score of its variance shift.
    VarianceScore: float
}

[<RequireQualifiedAccess>]
module internal RowClaims =

    // The unit has some rows, spread over the data, that many effects have a part in.
    let private unitOf n =
        [| n / 5; n / 2; n - 1 |] |> Array.distinct

    let private predictions (fit: Fit) (equations: MixedModelEquations) =
        let targets = {
            Fit = fit
            Rows = PredictionRow.ofFit PredictedEffects.All fit
            Residuals = None
        }

        let variance = fit.Sigma * fit.Sigma

        targets.Rows |> Array.map (PredictionRow.estimate fit),
        PredictionVariance.relative targets equations |> Array.map ((*) variance)

    /// <summary>The claims of a fit; None where its equations are singular to working precision.</summary>
    let ofFit (fit: Fit) : RowClaims option =
        let equations = MixedModelEquations fit

        if fit.HasNoResidual || not equations.IsPositive then
            None
        else
            let residuals = ResidualTable.ofEquations equations
            let estimates, variances = predictions fit equations
            let rows = unitOf fit.Observations

            let unit: DiagnosticUnit = {
                Name = "unit"
                Rows = System.Collections.Immutable.ImmutableArray.CreateRange rows
            }

            let shifted: ShiftedUnit = { Unit = unit; Shared = None }

            Some {
                Predictions = estimates
                PredictionVariances = variances
                Leverage = Seq.toArray residuals.Leverage
                FixedLeverage = Seq.toArray residuals.LeverageFixed
                Decorrelated = Seq.toArray residuals.Decorrelated
                Unit = rows
                BetaChange =
                    (FixedInfluence.table equations [| unit |]).Units
                    |> List.tryHead
                    |> Option.map (fun found -> Array.ofList found.FixedChanges)
                Shift =
                    MeanShift.ofEquations Adjustment.None [ unit ] equations
                    |> List.tryHead
                    |> Option.map (fun found -> struct (found.Shift, found.StandardError))
                VarianceScore = (Array.head (FixedRatioShift.all equations [| shifted |])).Score
            }
