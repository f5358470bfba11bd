namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>A point of one likelihood as a point of another of the same model: other rows or another response have another inner
/// scale.</summary>
[<RequireQualifiedAccess>]
module internal PointTransfer =

    /// λ of the target with T'λ'λ'ᵀT'ᵀ = TλλᵀTᵀ.
    let private factorOf (source: StandardisedTerm) (target: StandardisedTerm) (lambda: float[]) =
        if source.Transform = target.Transform then
            lambda
        else
            let n = source.Factor.Order

            Semidefinite.congruence n source.Transform (Semidefinite.square n lambda)
            |> Semidefinite.congruence n (Semidefinite.inverse n target.Transform)
            |> Semidefinite.factor n

    /// <summary>The point with the same covariance parameters on the user's scale.</summary>
    let across (source: LogLikelihood) (point: ParameterPoint) (target: LogLikelihood) : ParameterPoint =
        let lambdas =
            List.map3
                factorOf
                source.Standard.Terms
                target.Standard.Terms
                (List.ofArray (ThetaLayout.matrices source.Layout point.Theta))
            |> Array.ofList

        let unit = source.Standard.ResponseScale / target.Standard.ResponseScale

        {
            Theta = ThetaLayout.withMatrices target.Layout point.Theta lambdas
            Variance = point.Variance |> Option.map (fun variance -> variance * unit * unit)
        }

    /// <summary>The coordinates of (θ, log σ) that <c>JointLikelihood</c> takes, at a point and a residual standard deviation on
    /// the user's scale.</summary>
    let jointly (target: LogLikelihood) (point: ParameterPoint) (sigma: float) : ImmutableArray<float> =
        let inner = sigma / target.Standard.ResponseScale
        let estimated = HeldParameters.project target.Held point.Theta (inner * inner)

        if target.Held.IsProfiled then
            estimated.Add(log sigma)
        else
            estimated
