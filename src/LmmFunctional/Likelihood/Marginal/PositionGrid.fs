namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>All places that a row may have where its covariances depend on nothing else: the levels with parameters of their
/// own, and the positions along the correlations.</summary>
[<NoComparison>]
type internal PositionGrid = {
    Levels: int
    /// M.
    Positions: int
}

[<RequireQualifiedAccess>]
module internal PositionGrid =

    // More positions than this are not worth a matrix of all of them.
    let private most = 64

    // Sums over pairs of positions and columns of X that are kept at a time.
    let private mostSums = 4e6

    /// The grid of a design, where the covariances of rows depend on their places only.
    let ofDesign (design: Design) (standard: Standardised) =
        match design.Residual with
        | Some residual when
            standard.Terms.IsEmpty
            && standard.RootWeights.IsNone
            && residual.Variances.IsEmpty
            && not residual.Factors.IsEmpty
            && not (ResidualDesign.hasReplicates residual)
            ->
            let positions =
                residual.Factors
                |> List.fold (fun product axis -> product * float axis.Labels.Length) 1.0

            if positions > float most then
                None
            else
                Some {
                    Levels =
                        residual.Levels
                        |> Option.map (fun (_, levels, _) -> levels.Length)
                        |> Option.defaultValue 1
                    Positions = int positions
                }
        | _ -> None

    /// Pairs of positions, M(M + 1)/2.
    let pairs grid =
        grid.Positions * (grid.Positions + 1) / 2

    /// <summary>Whether sums over pairs of positions cost less than matrices for each of k parameters: M⁴ against
    /// 2kM³ + k²M² for each pattern.</summary>
    let isQuicker p k grid =
        let m, k = float grid.Positions, float k
        let sums = float grid.Levels * m * float p

        m * m < 2.0 * k * m + k * k
        && sums * m * float p < mostSums
        && pairs grid <= 1000
