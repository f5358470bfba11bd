namespace LmmFunctional.Verification

open System
open System.Globalization
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What identities are checked in: the claims of a fit, and the textbook's matrices at the G and R of these claims.
/// </summary>
/// <remarks>X enters as an orthonormal basis B of its columns, X = B T, so that its conditioning does not cloud the answers;
/// G⁻¹ is avoided by u = Λv, so that a variance of zero is an ordinary point.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Setting = {
    Claims: Claims
    Model: Marginal
    /// y less its least squares fit, as one column: P y is P times this, without the digits that Xβ costs.
    Deviations: Matrix<float>
    /// y − Xβ̂, as one column.
    MarginalResidual: Matrix<float>
    IsRestricted: bool
    IsUnweighted: bool
    Offset: int -> float
    /// n, or n − p under REML.
    Df: float
    /// B, n×p.
    Basis: Matrix<float>
    /// T, p×p.
    Triangle: Matrix<float>
    /// The condition of X, its columns scaled to length one.
    FixedCondition: float
    /// The relative accuracy to be expected of V⁻¹ times a vector.
    Rounding: float
    /// Largest standardised score that the certificate of the fit leaves.
    Unsettled: float
    /// Estimated parameters along which the criterion only falls on and on: no optimum is claimed there.
    Endless: bool[]
    /// Estimated parameters at the lower end of their range: from there the criterion may rise.
    AtLowerEnd: bool[]
    /// Whether a variance or correlation is at its bound.
    IsSingular: bool
    /// Whether the fit claims to be an optimum.
    IsSettled: bool
    /// n×3 of ±1.
    Probes: Matrix<float>
    SolveV: Matrix<float> -> Matrix<float>
    /// P b.
    Project: Matrix<float> -> Matrix<float>
    /// V⁻¹B.
    WeightedBasis: Matrix<float>
    /// V⁻¹(y − Xβ̂), as one column.
    WeightedResidual: Lazy<Matrix<float>>
    /// V⁻¹ times the probes.
    WeightedProbes: Lazy<Matrix<float>>
    /// (XᵀV⁻¹X)⁻¹ for the basis B.
    BasisCovariance: Matrix<float>
    /// None when n is too large.
    Dense: Lazy<Dense> option
    /// Sets of rows that are independent of each other.
    Blocks: Lazy<int[] list>
    /// None when n is too large, and so are the blocks.
    Scores: Lazy<Scores> option
    /// Why the identities cannot be checked at all.
    Obstacle: string option
    /// The same beside the optimum.
    Beside: Lazy<Setting> option
} with

    member setting.N = Marginal.rows setting.Model

    /// P times the probes.
    member setting.ProjectedProbes =
        let image = setting.WeightedProbes.Value

        image
        - setting.WeightedBasis
          * (setting.BasisCovariance * setting.Basis.TransposeThisAndMultiply image)

    /// ũ of all terms, as one column.
    member setting.Effects =
        Matrix<float>.Build.Dense(Marginal.effects setting.Model, 1, Array.concat setting.Claims.Effects)

    /// y − Xβ̂ − Zũ, as one column.
    member setting.ConditionalResidual =
        setting.MarginalResidual - Marginal.timesZ setting.Model setting.Effects

    /// What y − Xβ̂ is a difference of.
    member private setting.Parts =
        let x = setting.Model.Fixed

        setting.Model.Response.L2Norm()
        + Seq.sum (Seq.init x.ColumnCount (fun j -> abs setting.Claims.Beta[j] * x.Column(j).L2Norm()))

    /// How much larger y and Xβ̂ are than their difference: digits lost before anything else happens.
    member setting.Cancellation =
        setting.Parts / max Double.Epsilon (setting.MarginalResidual.Column(0).L2Norm())

    /// How much larger y, Xβ̂ and Zũ are than what is left of them: much where residuals are small.
    member setting.ConditionalCancellation =
        let effects = Marginal.timesZ setting.Model setting.Effects

        (setting.Parts + effects.Column(0).L2Norm())
        / max Double.Epsilon (setting.ConditionalResidual.Column(0).L2Norm())

[<RequireQualifiedAccess>]
module internal Setting =

    /// Up to so many rows n×n matrices are formed.
    let denseRows = 300

    /// Matrices of independent blocks of rows cost their cubes, up to so many operations.
    let mostWork = 2e9

    // A rounding above this hides what an identity could show.
    let private muchRounding = 1e-6

    // The certificate's own limit of what an optimum may leave.
    let private leftByCertificates = 1e-3

    // Its limit on a way that has no end.
    let private leftOnFlats = 1e-2

    // An error may be orthogonal to one vector of random signs, hardly to three.
    let private probeCount = 3

    let private probes n =
        let random = Random 20261120
        Matrix<float>.Build.Dense(n, probeCount, fun _ _ -> if random.Next 2 = 0 then 1.0 else -1.0)

    // Conjugate gradients would not help either.
    let private mostCondition = 1e12

    /// V⁻¹ times a matrix, V⁻¹B, and how far conjugate gradients have come where n×n matrices are not formed.
    let private solvers (model: Marginal) condition (dense: Lazy<Dense> option) (basis: Matrix<float>) =
        let solveByGradients (b: Matrix<float>) : struct (Matrix<float> * float) =
            if condition < mostCondition then
                ConjugateGradients.solve (Marginal.timesV model) (Marginal.solveR model) b
            else
                struct (b, 1.0)

        let solveV =
            match dense with
            | Some dense -> fun (b: Matrix<float>) -> dense.Value.Precision * b
            | None ->
                fun b ->
                    let struct (x, _) = solveByGradients b
                    x

        let weighted, reached =
            match dense with
            | Some dense -> dense.Value.Precision * basis, 0.0
            | None ->
                let struct (x, reached) = solveByGradients basis
                x, reached

        struct (solveV, weighted, reached)

    /// The largest standardised score that the certificate leaves.
    let private unsettled (certificate: Certificate) rounding =
        let decrement = certificate.NewtonDecrement

        match certificate.Verdict with
        // Where the solver stops on a way that has no end the other parameters still move with it.
        | Verdict.FlatDirection _ -> leftOnFlats + rounding
        // A curvature that rounding has left nothing of gives no decrement.
        | _ when Double.IsNaN decrement -> leftByCertificates + rounding
        | _ -> min leftByCertificates (10.0 * sqrt (max 0.0 decrement)) + rounding

    /// Parameters along which the criterion only falls on and on.
    let private endless (fit: Fit) : bool[] =
        match fit.Certificate.Verdict with
        | Verdict.FlatDirection names ->
            fit.Model.Function.Names
            |> Seq.map (fun name -> List.contains name names)
            |> Array.ofSeq
        | _ -> Array.create fit.Model.Function.Names.Length false

    let private atLowerEnd (fit: Fit) : bool[] =
        Seq.map2
            (fun (ends: ParameterEnds) coordinate ->
                ends.Lower |> Option.exists (fun own -> own.Distance coordinate = 0.0))
            fit.Model.Function.Ends
            (List.last fit.Path).Theta
        |> Array.ofSeq

    /// Whether the matrices of independent blocks of rows can be formed.
    let private areBearable (blocks: int[] list) =
        blocks |> List.forall (fun rows -> rows.Length <= denseRows)
        && List.sumBy (fun rows -> float (Array.length rows) ** 3.0) blocks <= mostWork

    /// Why nothing can be checked, if so.
    let private obstacle rounding (condition: float) (model: Marginal) =
        if rounding < muchRounding then
            None
        elif Double.IsInfinity condition || model.Residual.Smallest <= 0.0 then
            Some "R is singular to working precision"
        else
            let power = condition.ToString("0e+0", CultureInfo.InvariantCulture)
            Some $"the condition of V, {power}, hides errors in rounding"

    /// <summary>The setting of a fit's claims, with n×n matrices up to a limit of rows.</summary>
    let private create limit (fit: Fit) (claims: Claims) (beside: Lazy<Setting> option) : Setting =
        let design = fit.Design
        let isRestricted = (fit.Criterion = Criterion.Reml)
        let certificate = fit.Certificate

        let model =
            Marginal.create design claims.Factors claims.Sigma claims.ResidualParameters

        let n = Marginal.rows model
        let basis, triangle = FixedBasis.create model.Fixed
        let condition = MarginalBounds.condition model
        let probes = probes n

        let deviations =
            let clear (y: Matrix<float>) =
                y - basis * (basis.TransposeThisAndMultiply y)

            model.Response.ToColumnMatrix() |> clear |> clear

        let dense =
            if n <= limit && condition < mostCondition then
                Some(lazy (Dense.create isRestricted model claims basis deviations))
            else
                None

        let blocks = lazy (IndependentRows.find model)

        let struct (solveV, weighted, reached) = solvers model condition dense basis

        let residual =
            (model.Response - model.Fixed * Vector<float>.Build.Dense claims.Beta).ToColumnMatrix()

        let information = basis.TransposeThisAndMultiply weighted
        let covariance = (0.5 * (information + information.Transpose())).Inverse()

        let rounding = (64.0 * Math.ScaleB(1.0, -52) + 4.0 * reached) * condition

        {
            Claims = claims
            Model = model
            Deviations = deviations
            MarginalResidual = residual
            IsRestricted = isRestricted
            IsUnweighted = design.Weights.IsNone
            Offset =
                match design.Offset with
                | Some offset -> fun row -> offset[row]
                | None -> fun _ -> 0.0
            Df = float (if isRestricted then n - basis.ColumnCount else n)
            Basis = basis
            Triangle = triangle
            FixedCondition = FixedBasis.condition triangle
            Rounding = rounding
            Unsettled = unsettled certificate rounding
            Endless = endless fit
            AtLowerEnd = atLowerEnd fit
            IsSingular = beside.IsSome && certificate.IsSingular
            IsSettled =
                match certificate.Verdict with
                | Verdict.NotConverged _ -> false
                | _ -> true
            Probes = probes
            SolveV = solveV
            Project =
                fun b ->
                    let image = solveV b
                    image - weighted * (covariance * (basis.TransposeThisAndMultiply image))
            WeightedBasis = weighted
            WeightedResidual = lazy solveV residual
            WeightedProbes = lazy solveV probes
            BasisCovariance = covariance
            Dense = dense
            Blocks = blocks
            Scores =
                match dense with
                | Some dense -> Some(lazy (Scores.ofDense model claims dense.Value))
                | None when condition < mostCondition && areBearable blocks.Value ->
                    Some(lazy (Scores.ofBlocks isRestricted model claims basis covariance deviations blocks.Value))
                | None -> None
            Obstacle = obstacle rounding condition model
            Beside = beside
        }

    /// <summary>The setting of a fit whose claims are first changed: so that tests see what a wrong fit does.</summary>
    let ofChanged limit (change: Claims -> Claims) (fit: Fit) : Setting =
        let create = create limit fit

        let beside = lazy (create (change (Claims.besideFit fit)) None)
        create (change (Claims.ofFit fit)) (Some beside)

    /// <summary>The setting of a fit.</summary>
    let ofFit (fit: Fit) : Setting = ofChanged denseRows id fit
