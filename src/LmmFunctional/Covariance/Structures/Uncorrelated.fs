namespace LmmFunctional.Estimation

/// <summary>Independent positions: one variance, or one each.</summary>
[<RequireQualifiedAccess>]
module internal Uncorrelated =

    /// M = I.
    let identity = {
        Names = [||]
        Kinds = [||]
        Ends = [||]
        Start = [||]
        FurtherStarts = [||]
        Natural = id
        Unconstrained = Some
        Element = fun _ i j -> if i = j then Jet.one else Jet.zero
        HasEqualVariances = true
    }
