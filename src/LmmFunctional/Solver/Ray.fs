namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>A way to the end of a scale: several coordinates grow together while the criterion comes to a limit.</summary>
/// <remarks>Standard deviations are told in units of one of them. Where that one goes to zero all others go to infinity, and no
/// coordinate by itself has an end.</remarks>
[<NoComparison; ReferenceEquality>]
type Ray = {
    /// The quantity that is zero at the end.
    Name: string
    /// The point at which the others are e^distance times as large.
    Along: float -> ImmutableArray<float> -> ImmutableArray<float>
    /// The derivative of the point by the distance.
    Tangent: ImmutableArray<float> -> float[]
    /// How far along a point is: the logarithm of the least of the others, in units of the one that goes to zero.
    Position: ImmutableArray<float> -> float
}
