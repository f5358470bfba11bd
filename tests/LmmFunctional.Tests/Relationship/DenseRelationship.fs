namespace LmmFunctional.Tests

open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A as a dense matrix, from any form.</summary>
[<RequireQualifiedAccess>]
module DenseRelationship =

    let create (relationship: Relationship) : Matrix<float> =
        match relationship.Form with
        | RelationshipForm.Root root ->
            let l = Matrix<float>.Build.Dense(root.Count, root.Rank, Array.copy root.Values)
            l * l.Transpose()
        | RelationshipForm.Precision precision ->
            let column k =
                let x = Array.init precision.Count (fun i -> if i = k then 1.0 else 0.0)
                precision.Solve x
                x

            Matrix<float>.Build.DenseOfColumnArrays(Array.init precision.Count column)
