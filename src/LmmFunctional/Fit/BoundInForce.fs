namespace LmmFunctional.Estimation

/// <summary>A bound that an estimate is at.</summary>
type BoundInForce = {
    /// The name of the parameter.
    Name: string
    /// Its estimate, which is the bound.
    Value: float
    /// Whether it is the upper bound.
    IsUpper: bool
    /// The derivative of the criterion away from the bound into the region: positive at an optimum.
    Multiplier: float
} with

    /// The bound in words.
    override bound.ToString() =
        let side = if bound.IsUpper then "upper" else "lower"
        $"{bound.Name} at its {side} bound {bound.Value}"
