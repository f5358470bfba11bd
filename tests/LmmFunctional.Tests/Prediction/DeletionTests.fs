/// <summary>Residuals, deletions and mean shifts against the textbook's formulas with θ fixed.</summary>
module LmmFunctional.Tests.DeletionTests

open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
}

let private tolerance = 1e-6

/// V, y less offset, and X, all in units of the response.
let private parts (fit: Fit) =
    let setting = Setting.ofFit fit
    let n = fit.Observations
    let v = Marginal.timesV setting.Model (Matrix<float>.Build.DenseIdentity n)
    struct (v, setting.Model.Response, setting.Model.Fixed)

let private without (rows: Set<int>) n =
    [| 0 .. n - 1 |] |> Array.filter (rows.Contains >> not)

let private pick (rows: int[]) (m: Matrix<float>) columns =
    Matrix<float>.Build.Dense(rows.Length, Array.length columns, fun i j -> m[rows[i], columns[j]])

/// β̂ and Cov(β̂) by generalised least squares from some rows.
let private gls (struct (v: Matrix<float>, y: Vector<float>, x: Matrix<float>)) (rows: int[]) =
    let w = (pick rows v rows).Inverse()
    let own = pick rows x [| 0 .. x.ColumnCount - 1 |]
    let covariance = (own.TransposeThisAndMultiply(w * own)).Inverse()
    let response = Vector<float>.Build.Dense(rows.Length, fun i -> y[rows[i]])
    covariance * own.TransposeThisAndMultiply(w * response), covariance

let private influence (fit: Fit) = [
    let whole = parts fit
    let n, p = fit.Observations, fit.FixedCount
    let beta, covariance = gls whole [| 0 .. n - 1 |]
    let inverse = covariance.Inverse()

    let units =
        [ [| 0 |]; [| 3 |]; [| n - 1 |]; [| 1; 5; 6 |]; [| 2..7 |] ]
        |> List.map (fun rows -> {
            Name = string rows[0]
            Rows = System.Collections.Immutable.ImmutableArray.CreateRange rows
        })
        |> Array.ofList

    let table = FixedInfluence.table (MixedModelEquations fit) units

    for found in table.Units do
        let left = without (Set.ofSeq found.Unit.Rows) n
        let ofLeft, covarianceLeft = gls whole left
        let change: Vector<float> = ofLeft - beta
        let name = $"unit {found.Unit.Name}"
        let size = beta.AbsoluteMaximum()
        yield! Law.nearAll $"{name} changes" (tolerance * size) change found.FixedChanges
        yield! Law.relative $"{name} D" 1e-5 (change * (inverse * change) / float p) found.CookD

        yield!
            Law.relative $"{name} MDFFITS" 1e-5 (change * (covarianceLeft.Inverse() * change) / float p) found.Mdffits

        let trace = (inverse * covarianceLeft).Trace()
        yield! Law.near $"{name} COVTRACE" (1e-6 * trace) (abs (trace - float p)) found.CovTrace
        let ratio = covarianceLeft.Determinant() / covariance.Determinant()
        yield! Law.relative $"{name} COVRATIO" 1e-5 ratio found.CovRatio
]

let private shifts (fit: Fit) = [
    let struct (v, y, x) = parts fit
    let n = fit.Observations
    let w = v.Inverse()
    let covariance = (x.TransposeThisAndMultiply(w * x)).Inverse()
    let p = w - w * x * covariance * x.Transpose() * w
    let py = p * y
    let table = ResidualTable.create fit

    for row in 0 .. n - 1 do
        if p[row, row] > 1e-6 * w[row, row] then
            let scale = 1.0 / sqrt p[row, row]
            yield! Law.near $"deleted {row}" (tolerance * scale * 10.0) (py[row] / p[row, row]) table.Deleted[row]
            yield! Law.near $"t {row}" 1e-5 (py[row] * scale) table.DeletedT[row]

    let l = v.Cholesky().Factor
    let marginal = y - x * (covariance * (x.TransposeThisAndMultiply(w * y)))

    if not table.Decorrelated.IsEmpty then
        yield! Law.nearAll "decorrelated" 1e-5 (l.Solve marginal) table.Decorrelated
    else
        yield! Law.isTrue "decorrelated" (n > 0 && fit.Design.Residual.IsSome)

    let set = [| 1; 4; 5 |]

    let delta =
        Vector<float>.Build.Dense(n, fun i -> if Array.contains i set then 1.0 else 0.0)

    let square = delta * (p * delta)

    let unit = {
        Name = "set"
        Rows = System.Collections.Immutable.ImmutableArray.CreateRange set
    }

    match MeanShift.ofEquations Adjustment.Bonferroni [ unit ] (MixedModelEquations fit) with
    | [ found ] ->
        yield! Law.near "shift" (1e-5 / sqrt square) (delta * py / square) found.Shift
        yield! Law.relative "its error" 1e-6 (1.0 / sqrt square) found.StandardError
    | _ -> ()
]

/// −2 restricted log likelihood with extra variance in some rows, by the textbook.
let private restricted (struct (v: Matrix<float>, y: Vector<float>, x: Matrix<float>)) (rows: int[]) extra =
    let wider = v.Clone()

    for row in rows do
        wider[row, row] <- wider[row, row] + extra

    let w = wider.Inverse()
    let information = x.TransposeThisAndMultiply(w * x)
    let residual = y - x * (information.Inverse() * (x.TransposeThisAndMultiply(w * y)))

    let logDeterminant (m: Matrix<float>) =
        2.0 * log (m.Cholesky().Factor.Diagonal().PointwiseLog().Sum() |> exp)

    logDeterminant wider + logDeterminant information + residual * (w * residual)

let private variances (fit: Fit) = [
    let whole = parts fit
    let variance = fit.Sigma * fit.Sigma

    let units =
        [ [| 0 |]; [| 2; 3; 7 |] ]
        |> List.map (fun rows -> {
            Name = string rows[0]
            Rows = System.Collections.Immutable.ImmutableArray.CreateRange rows
        })
        |> Array.ofList

    let shifted = units |> Array.map (fun unit -> { Unit = unit; Shared = None })

    for shift in FixedRatioShift.all (MixedModelEquations fit) shifted do
        let rows = Seq.toArray shift.Unit.Rows
        // Small beside the smallest eigenvalue of V; of fourth order.
        let quotient step =
            (restricted whole rows step - restricted whole rows -step) / (2.0 * step)

        let step = 1e-4 * variance
        let slope = (4.0 * quotient (0.5 * step) - quotient step) / 3.0

        yield!
            Law.near
                $"score of {shift.Unit.Name}"
                (1e-4 * (1.0 + abs slope * variance) / variance)
                (-0.5 * slope)
                shift.Score

        yield! Law.isTrue "ratio" (shift.LikelihoodRatio >= 0.0 && shift.P > 0.0 && shift.P <= 1.0)
]

let private compare law model =
    // A model that the rows do not tell is refused.
    let failures =
        if not (RandomModel.isIdentified model) then
            []
        else
            let fit = RandomModel.fit model

            // Nothing is known where the likelihood is not defined.
            if
                not (System.Double.IsFinite fit.CriterionValue)
                || (Setting.ofFit fit).Rounding > 1e-9
            then
                []
            else
                law fit

    failures
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

[<Tests>]
let tests =
    testList "DeletionTests" [
        testPropertyWithConfig
            { config with maxTest = 50 }
            "deletions equal least squares without the rows"
            (fun (model: RandomModel) -> compare influence model)

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 100
            }
            "deletions of structured models equal least squares without the rows"
            (fun (model: RandomModel) -> compare influence model)

        testPropertyWithConfig
            { config with maxTest = 50 }
            "shifts and decorrelated residuals equal the textbook's"
            (fun (model: RandomModel) -> compare shifts model)

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 100
            }
            "shifts and decorrelated residuals of structured models equal the textbook's"
            (fun (model: RandomModel) -> compare shifts model)

        testPropertyWithConfig
            { config with maxTest = 50 }
            "scores of variance shifts are difference quotients"
            (fun (model: RandomModel) -> compare variances model)

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 50
            }
            "scores of variance shifts of structured models are difference quotients"
            (fun (model: RandomModel) -> compare variances model)
    ]
