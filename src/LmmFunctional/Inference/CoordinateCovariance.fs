namespace LmmFunctional.Analysis

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The asymptotic covariance of the coordinates of a fit, (θ, log σ̂), from the curvature of its likelihood.</summary>
[<RequireQualifiedAccess>]
module internal CoordinateCovariance =

    /// (θ, log σ̂) of a fit.
    let pointOf (fit: Fit) =
        JointLikelihood.pointAt fit.Model (List.last fit.Path).Theta

    /// Coordinates of (θ, log σ) that move at the optimum.
    let freeOf (fit: Fit) =
        let theta = (List.last fit.Path).Theta
        let boundary = fit.Model.Objective.Boundary theta

        [|
            for i in 0 .. theta.Length - 1 do
                if not boundary.Fixed[i] then
                    i

            if fit.Model.Held.IsProfiled then
                theta.Length
        |]

    // A curvature below this share of the largest is flat.
    let flat = 1e-12

    /// Twice the inverse curvature of −2 log likelihood in some coordinates, flat directions left out.
    let inverseCurvature information (fit: Fit) (free: int[]) : Matrix<float> =
        let curvature =
            JointLikelihood.information information fit.Model (List.last fit.Path).Theta

        let scale =
            free |> Array.map (fun i -> 1.0 / sqrt (max 1e-300 (abs curvature[i, i])))

        let scaled =
            Matrix<float>
                .Build.Dense(free.Length, free.Length, fun i j -> curvature[free[i], free[j]] * scale[i] * scale[j])

        let eigen = scaled.Evd Symmetricity.Symmetric
        let largest = eigen.EigenValues.Real().Maximum()

        let inverse =
            eigen.EigenValues.Real().Map(fun v -> if v > flat * largest then 2.0 / v else 0.0)

        let vectors =
            Matrix<float>.Build.Dense(free.Length, free.Length, fun i j -> scale[i] * eigen.EigenVectors[i, j])

        vectors
        * Matrix<float>.Build.DiagonalOfDiagonalVector inverse
        * vectors.Transpose()

    /// <summary>The covariance of the free coordinates of (θ, log σ); one zero where none is free, for MathNet has no empty matrix.
    /// </summary>
    let coordinateCovariance information (fit: Fit) : int[] * Matrix<float> =
        match freeOf fit with
        | [||] -> [||], Matrix<float>.Build.Dense(1, 1)
        | free -> free, inverseCurvature information fit free

    /// The derivatives of functions of (θ, log σ) by the free coordinates.
    let jacobian (fit: Fit) (free: int[]) (f: ImmutableArray<float> -> float[]) =
        let omega = pointOf fit |> Seq.toArray

        let atFree (x: float[]) =
            let point = Array.copy omega
            free |> Array.iteri (fun a i -> point[i] <- x[a])
            f (ImmutableArray.CreateRange point)

        Differences.jacobian atFree (free |> Array.map (fun i -> omega[i]))

    /// <summary>For each function the direction in (θ, log σ) in which it moves with least information: covariance times its
    /// derivatives; zero where it does not move.</summary>
    let directions (functions: (CovarianceEstimates -> float) list) (fit: Fit) : float[] list =
        let still () : float[] = Array.zeroCreate (pointOf fit).Length

        match coordinateCovariance Information.Observed fit with
        | [||], _ -> functions |> List.map (fun _ -> still ())
        | free, covariance ->
            let slopes =
                jacobian fit free (fun point ->
                    let estimates = JointLikelihood.estimates fit.Model point
                    [| for f in functions -> f estimates |])

            [
                for row in 0 .. slopes.Rows - 1 ->
                    let slope = Vector<float>.Build.Dense(free.Length, fun j -> slopes[row, j])
                    let moved = covariance * slope
                    let direction = still ()
                    free |> Array.iteri (fun a i -> direction[i] <- moved[a])
                    direction
            ]
