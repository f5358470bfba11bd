namespace LmmFunctional.Estimation

open MathNet.Numerics.LinearAlgebra
open LmmFunctional

/// <summary>Moments of what is estimated, where covariance parameters are held.</summary>
[<RequireQualifiedAccess>]
module internal HeldMoments =

    /// The moments in the parameters that are not held, where those are coordinates of θ one by one; σ² is the last.
    let without (held: HeldParameters) (moments: CovarianceMoments) =
        if held.IsEmpty then
            moments
        else
            let count = moments.Names.Length

            let kept = [|
                yield! held.Free(count - 1)

                if held.Residual.IsNone then
                    count - 1
            |]

            let select (values: 'value[]) = kept |> Array.map (fun i -> values[i])

            CovarianceMoments.reparametrise
                (select moments.Names)
                (select moments.Values)
                (select moments.AtBound)
                (Matrix.init count kept.Length (fun i j -> if kept[j] = i then 1.0 else 0.0))
                None
                moments

    // A row that is this much shorter without its part along the others depends on them.
    let private dependent = 1e-6

    /// Rows, the first ones first, that no others before them make up.
    let independentRows (rows: Matrix<float>) =
        let rec next kept (basis: Vector<float> list) index =
            if index = rows.RowCount then
                List.rev kept
            else
                let row = rows.Row index

                let rest =
                    basis
                    |> List.fold (fun (rest: Vector<float>) own -> rest - own * rest.DotProduct own) row

                if rest.L2Norm() > dependent * row.L2Norm() && row.L2Norm() > 0.0 then
                    next (index :: kept) (rest.Normalize 2.0 :: basis) (index + 1)
                else
                    next kept basis (index + 1)

        next [] [] 0 |> Array.ofList

    /// <summary>The moments in those parameters that move with what is estimated; the others follow them, or are known.</summary>
    /// <param name="held">What is known.</param>
    /// <param name="theta">The inner parameters.</param>
    /// <param name="forward">Derivatives of the parameters by θ and log σ².</param>
    /// <param name="moments">The moments in all parameters.</param>
    let along (held: HeldParameters) theta (forward: Matrix<float>) (moments: CovarianceMoments) =
        if held.IsEmpty then
            moments
        else
            let moved =
                forward * Matrix<float>.Build.DenseOfArray(HeldParameters.directions held theta)

            let kept = independentRows moved
            let select (values: 'value[]) = kept |> Array.map (fun i -> values[i])

            // What is held as a ratio or a correlation is linear in the variances that it relates.
            let jacobian =
                if kept.Length = 0 then
                    Matrix.init moments.Names.Length 0 (fun _ _ -> 0.0)
                else
                    let own = Matrix<float>.Build.DenseOfRowVectors(kept |> Array.map moved.Row)

                    // Where a matrix is all but singular, what is estimated may move fewer of them than there are coordinates.
                    let inverse =
                        if own.RowCount = own.ColumnCount then
                            own.Inverse()
                        else
                            own.PseudoInverse()

                    (moved * inverse).ToArray() |> Matrix.ofArray2D

            CovarianceMoments.reparametrise
                (select moments.Names)
                (select moments.Values)
                (select moments.AtBound)
                jacobian
                None
                moments
