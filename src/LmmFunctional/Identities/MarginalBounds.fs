namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>Bounds on what rounding does to products of a marginal model.</summary>
[<RequireQualifiedAccess>]
module internal MarginalBounds =

    /// The model of absolute values: with it products bound what rounding does to those of the model.
    let absolute (model: Marginal) : Marginal = {
        Response = model.Response.PointwiseAbs()
        Fixed = model.Fixed.PointwiseAbs()
        Terms =
            model.Terms
            |> List.map (fun term -> {
                term with
                    Columns = term.Columns |> Array.map (Array.map abs)
                    Factor = term.Factor.PointwiseAbs()
                    Relation = term.Relation |> Option.map LevelRelation.absolute
            })
        Residual = ResidualCovariance.absolute model.Residual
    }

    /// <summary>A bound on the condition of V: its largest absolute row sum over a bound on the smallest eigenvalue of R.
    /// </summary>
    let condition (model: Marginal) : float =
        let ones = Matrix<float>.Build.Dense(Marginal.rows model, 1, 1.0)

        // Covariances keep their own factors: absolute ones would make them larger.
        let positive = {
            absolute model with
                Terms =
                    List.map2
                        (fun (term: MarginalTerm) (own: MarginalTerm) -> { term with Factor = own.Factor })
                        (absolute model).Terms
                        model.Terms
        }

        let ofEffects =
            Marginal.timesTransposedZ positive ones
            |> Marginal.eachLevel
                positive
                Marginal.effectStarts
                Marginal.effectStarts
                _.Covariance.PointwiseAbs()
                _.Covariance
            |> Marginal.timesZ positive

        (ofEffects + Marginal.timesR positive ones).InfinityNorm()
        / max Double.Epsilon model.Residual.Smallest
