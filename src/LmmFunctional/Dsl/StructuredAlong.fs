namespace LmmFunctional.Dsl

open LmmFunctional.Model

/// <summary>A covariance along a variable whose subjects are not named yet.</summary>
/// <remarks>Only <c>within</c>, or <c>overAllRows</c> for one connected whole, makes it a covariance of residuals, so that
/// a forgotten subject does not compile.</remarks>
[<NoEquality; NoComparison>]
type StructuredAlong = internal {
    Correlations: ResidualCorrelation list
    HasNugget: bool
}

[<RequireQualifiedAccess>]
module internal StructuredAlong =

    let create structure along = {
        Correlations = [ { Structure = structure; Along = along } ]
        HasNugget = false
    }

    let ofColumns structure names =
        create structure (names |> List.map Expr.Column |> Coordinates.Variables)

    let mapCorrelations f structured = {
        structured with
            StructuredAlong.Correlations = structured.Correlations |> List.map f
    }

    let within subject structured =
        ResidualTerm.Structured {
            Correlations = structured.Correlations
            Within = subject
            Variances = []
            HasNugget = structured.HasNugget
            PerLevelOf = None
        }
