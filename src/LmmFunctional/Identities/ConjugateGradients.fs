namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>Solving A x = b for a symmetric positive definite A that can only be applied.</summary>
/// <remarks>Used where identities need V⁻¹ and V is too large to form: an answer that owes nothing to the engines. Hestenes
/// and Stiefel (1952), preconditioned, all columns side by side.</remarks>
[<RequireQualifiedAccess>]
module internal ConjugateGradients =

    let private mostSteps = 1000

    // The residual below which rounding decides.
    let private enough = 1e-13

    let private dots (a: Matrix<float>) (b: Matrix<float>) =
        Array.init a.ColumnCount (fun j -> a.Column(j).DotProduct(b.Column j))

    let private scaleColumns (factors: float[]) (a: Matrix<float>) =
        a.MapIndexed(fun _ j value -> factors[j] * value)

    // A column that is solved has nothing left to divide by.
    let private ratio a b = if b > 0.0 then a / b else 0.0

    /// <summary>x with A x = b, and the largest relative residual of a column.</summary>
    /// <param name="apply">A times a block.</param>
    /// <param name="precondition">An approximation to A⁻¹ times a block; symmetric and positive definite.</param>
    /// <param name="b">n×k.</param>
    let solve (apply: Matrix<float> -> Matrix<float>) precondition (b: Matrix<float>) : struct (Matrix<float> * float) =
        let sizes = dots b b |> Array.map sqrt

        let rest (r: Matrix<float>) =
            Array.map2 (fun size square -> ratio (sqrt square) size) sizes (dots r r)
            |> Array.fold max 0.0

        let rec step count (x: Matrix<float>) (r: Matrix<float>) (p: Matrix<float>) (rz: float[]) =
            if count = mostSteps || rest r <= enough then
                x
            else
                let image = apply p
                let alpha = Array.map2 ratio rz (dots p image)
                let x = x + scaleColumns alpha p
                let r = r - scaleColumns alpha image
                let z: Matrix<float> = precondition r
                let next = dots r z
                let beta = Array.map2 ratio next rz
                step (count + 1) x r (z + scaleColumns beta p) next

        if b.ColumnCount = 0 then
            b, 0.0
        else
            let z = precondition b
            let x = step 0 (Matrix<float>.Build.Dense(b.RowCount, b.ColumnCount)) b z (dots b z)
            // The residual that the steps carry along drifts from the true one.
            x, rest (b - apply x)
