namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What tests by one method need of a fit, computed once.</summary>
[<NoComparison; ReferenceEquality>]
type internal TestBasis = {
    /// R with Cov(β̂) = RRᵀ, before adjustment.
    Root: Matrix
    /// U of Kenward and Roger, p×p; None without adjustment.
    Adjustment: float[] option
    /// The df of one contrast of the kept columns, given as l and as a = Rᵀl.
    Degrees: float[] -> float[] -> float
    /// Scale and df of F for contrasts l, and for orthonormal rows that span their Rᵀl.
    JointDegrees: float[][] -> float[][] -> struct (float * float)
}

/// <summary>Each method's way to degrees of freedom.</summary>
[<RequireQualifiedAccess>]
module internal TestBasis =

    /// Rᵀl.
    let inFrame (root: Matrix) (contrast: float[]) =
        Array.init root.Columns (fun j ->
            let mutable sum = 0.0

            for i in 0 .. contrast.Length - 1 do
                sum <- sum + contrast[i] * root[i, j]

            sum)

    let private lastTheta (fit: Fit) = (List.last fit.Path).Theta

    // Cov(β̂) = RRᵀ without any moments: the Cholesky factor would do, but this needs no positive definiteness.
    let private plainRoot (fit: Fit) =
        let p = fit.FixedCount
        let relative = fit.Inner.BetaCovariance
        let root = Semidefinite.factor p relative.Values
        Matrix(p, p, root |> Array.map ((*) fit.Unit))

    let private constant (fit: Fit) (degrees: float[] -> float) = {
        Root = plainRoot fit
        Adjustment = None
        Degrees = fun contrast _ -> degrees contrast
        JointDegrees =
            fun contrasts _ ->
                let smallest =
                    contrasts
                    |> Array.fold (fun smallest contrast -> min smallest (degrees contrast)) infinity

                struct (1.0, smallest)
    }

    /// The moments that a convention takes: expected information knows of variances that are zero.
    let private momentsOf (fit: Fit) (convention: Convention) =
        match convention.Information with
        | Information.Expected -> LikelihoodMoments.momentsWithZeros
        | _ -> LikelihoodMoments.moments
        |> fun moments -> moments convention.Parametrisation fit.Model (lastTheta fit)

    let private satterthwaite (fit: Fit) (convention: Convention) =
        let moments = momentsOf fit convention

        let w = ParameterCovariance.ofMoments convention moments
        let degrees = SatterthwaiteAndKenwardRoger.degrees moments w

        {
            Root = moments.Root
            Adjustment = None
            Degrees = fun _ framed -> degrees framed
            JointDegrees = fun _ rows -> struct (1.0, rows |> Array.map degrees |> SatterthwaiteAndKenwardRoger.pooled)
        }

    /// Whether I + 2U is positive definite by a margin.
    let private isPositive p (u: float[]) =
        let adjusted =
            Array.init (p * p) (fun k -> (if k % (p + 1) = 0 then 1.0 else 0.0) + 2.0 * u[k])

        let struct (values, _) = Semidefinite.eigen p adjusted
        p = 0 || values[0] > 1e-6

    // Second derivatives may take off more than there is: then they are left out, and what remains adds to the
    // covariance.
    let private kenwardRoger (fit: Fit) (convention: Convention) =
        let moments = momentsOf fit convention

        let w = ParameterCovariance.ofMoments convention moments
        let full = SatterthwaiteAndKenwardRoger.adjustment convention moments w

        let adjustment =
            if isPositive moments.Root.Rows full then
                full
            else
                let linear = {
                    convention with
                        SecondDerivatives = SecondDerivatives.Linear
                }

                SatterthwaiteAndKenwardRoger.adjustment linear moments w

        {
            Root = moments.Root
            Adjustment = Some adjustment
            // For one function Kenward and Roger's df are Satterthwaite's.
            Degrees = fun _ framed -> SatterthwaiteAndKenwardRoger.degrees moments w framed
            JointDegrees = fun _ rows -> SatterthwaiteAndKenwardRoger.kenwardRoger moments w rows
        }

    let private hasRelatedLevels (fit: Fit) =
        fit.Spec.Random |> List.exists _.Relationship.IsSome

    // Mixed model equations with blocks of residuals know the moments of related levels too.
    let private knowsMoments (fit: Fit) =
        match RowDependence.ofLikelihood fit.Model with
        | RowDependence.ResidualBlocks _ -> true
        | _ -> not (hasRelatedLevels fit)

    // What else a model may have is refused, never passed over.
    let private missing (fit: Fit) isKnown needsExact = [
        if not isKnown then
            "related levels", false

        if needsExact && LogLikelihood.isSampled fit.Model then
            "log determinants that were sampled", isKnown && LikelihoodMoments.isKnown fit.Model

        if not (LikelihoodMoments.isKnown fit.Model) then
            "a covariance matrix that is held in part", false
    ]

    let private byMoments (fit: Fit) isKnown needsExact create =
        match missing fit isKnown needsExact with
        | [] -> Ok(create ())
        | reasons -> Error(reasons |> List.map LmmError.NoMoments)

    /// <summary>A method as it is for a fit: of sampled log determinants only average information is known.</summary>
    let taken (method: DegreesOfFreedomMethod) (fit: Fit) =
        match method with
        | DegreesOfFreedomMethod.Satterthwaite convention when LogLikelihood.isSampled fit.Model ->
            DegreesOfFreedomMethod.Satterthwaite {
                convention with
                    Information = Information.Average
            }
        | _ -> method

    /// The basis of a method for a fit, or why the method does not apply.
    let create (method: DegreesOfFreedomMethod) (fit: Fit) : Result<TestBasis, LmmError list> =
        let byTerm degrees =
            constant fit (DesignDegrees.ofContrast fit.Design.Fixed degrees)

        match method with
        | DegreesOfFreedomMethod.Asymptotic -> Ok(constant fit (fun _ -> infinity))
        | DegreesOfFreedomMethod.Residual ->
            let df = float (fit.Observations - fit.FixedCount)
            Ok(constant fit (fun _ -> df))
        | DegreesOfFreedomMethod.Containment ->
            byMoments fit (not (hasRelatedLevels fit)) true (fun () -> DesignDegrees.containment fit)
            |> Result.bind id
            |> Result.map byTerm
        | DegreesOfFreedomMethod.BetweenWithin -> DesignDegrees.betweenWithin fit |> Result.map byTerm
        | DegreesOfFreedomMethod.Satterthwaite convention ->
            byMoments fit (knowsMoments fit) false (fun () -> satterthwaite fit convention)
        | DegreesOfFreedomMethod.KenwardRoger convention ->
            if fit.Criterion = Criterion.Reml then
                byMoments fit (knowsMoments fit) true (fun () -> kenwardRoger fit convention)
            else
                Error [ LmmError.KenwardRogerNeedsReml ]

    /// aᵀ(I + 2U)b: the covariance of two functions given in the frame.
    let covariance basis (a: float[]) (b: float[]) =
        let plain = SatterthwaiteAndKenwardRoger.dot a b

        match basis.Adjustment with
        | None -> plain
        | Some u -> plain + 2.0 * SatterthwaiteAndKenwardRoger.form u a b
