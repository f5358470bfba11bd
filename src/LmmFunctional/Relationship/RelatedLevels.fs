namespace LmmFunctional.Estimation

open LmmFunctional

/// <summary>Products with the covariance matrix A of related levels, whichever way it is held.</summary>
[<RequireQualifiedAccess>]
module internal RelatedLevels =

    /// L(Lᵀx).
    let private byRoot (root: DenseRoot) (x: float[]) =
        let n = root.Count
        let result: float[] = Array.zeroCreate n

        for k in 0 .. root.Rank - 1 do
            let mutable sum = 0.0

            for i in 0 .. n - 1 do
                sum <- sum + root.Values[i + k * n] * x[i]

            for i in 0 .. n - 1 do
                result[i] <- result[i] + sum * root.Values[i + k * n]

        result

    /// <summary>Ax, one number for each level; O(q) for a pedigree.</summary>
    let multiply (relationship: Relationship) (x: float[]) : float[] =
        match relationship.Form with
        | RelationshipForm.Root root -> byRoot root x
        | RelationshipForm.Precision precision ->
            let result = Array.copy x
            precision.Solve result
            result
