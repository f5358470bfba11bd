namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Curvature corrected by what the last step showed of it.</summary>
[<RequireQualifiedAccess>]
module internal Secant =

    let private dot (a: float[]) (b: float[]) =
        Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

    let private times (curvature: Matrix) (step: float[]) =
        Array.init step.Length (fun i ->
            let mutable sum = 0.0

            for j in 0 .. step.Length - 1 do
                sum <- sum + curvature[i, j] * step[j]

            sum)

    let private change (before: ImmutableArray<float>) (after: ImmutableArray<float>) =
        Array.init before.Length (fun i -> after[i] - before[i])

    /// <summary>The curvature that explains the last change of the gradient (symmetric rank one), where it is positive definite.
    /// </summary>
    let corrected (before: ImmutableArray<float>) (after: ImmutableArray<float>) (step: float[]) (curvature: Matrix) =
        let k = step.Length
        let gap = Array.map2 (-) (change before after) (times curvature step)
        let product = dot gap step

        if abs product <= 1e-8 * sqrt (dot gap gap * dot step step) then
            curvature
        else
            let raised =
                Matrix.init k k (fun i j -> curvature[i, j] + gap[i] * gap[j] / product)

            if (TrustRegion.step infinity after raised).IsPositive then
                raised
            else
                curvature

    /// <summary>The curvature seen along a step over what the matrix says of it.</summary>
    /// <remarks>Expected and average information can be several times the second derivatives where the data say little, and a
    /// fraction of them near a variance of zero; there would be hundreds of steps, too short or to and fro.</remarks>
    let ratio (before: ImmutableArray<float>) (after: ImmutableArray<float>) (step: float[]) (curvature: Matrix) =
        dot (change before after) step / dot step (times curvature step)

    /// The curvature multiplied along a step by a positive factor, and nowhere else; positive definite if it was.
    let rescaled factor (step: float[]) (curvature: Matrix) =
        let image = times curvature step
        let size = (1.0 - factor) / dot step image
        Matrix.init step.Length step.Length (fun i j -> curvature[i, j] - size * image[i] * image[j])
