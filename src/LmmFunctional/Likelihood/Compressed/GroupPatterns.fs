namespace LmmFunctional.Estimation

open System
open System.Collections.Generic

/// <summary>Groups whose Z'Z and Z'X are the same to the last bit, as in balanced designs.</summary>
[<NoComparison; ReferenceEquality>]
type internal GroupPatterns = {
    /// The pattern of each group.
    PatternOf: int[]
    /// The first group of each pattern.
    First: int[]
}

[<RequireQualifiedAccess>]
module internal GroupPatterns =

    /// <summary>The patterns of the groups, unless most of them are different.</summary>
    let find (products: GroupProducts) : GroupPatterns voption =
        let levels, order = products.Levels, products.Order
        let used = order + products.P - 1
        let values = products.Values

        let hash level =
            let mutable hash = 0UL

            for effect in 0 .. order - 1 do
                let at = products.At(level, effect)

                for k in at .. at + used - 1 do
                    let bits = BitConverter.DoubleToUInt64Bits values[k]
                    hash <- (hash ^^^ bits ^^^ (bits >>> 32)) * 0x9E3779B97F4A7C15UL
                    hash <- hash ^^^ (hash >>> 29)

            hash

        let same level other =
            let mutable isSame = true
            let mutable effect = 0

            while isSame && effect < order do
                isSame <-
                    values.Span
                        .Slice(products.At(level, effect), used)
                        .SequenceEqual(values.Span.Slice(products.At(other, effect), used))

                effect <- effect + 1

            isSame

        let patternOf = Array.zeroCreate levels
        let first = List<int>()
        let known = Dictionary<uint64, int>()
        let mutable level = 0
        let mutable isWorthwhile = levels > 1

        while isWorthwhile && level < levels do
            let key = hash level

            match known.TryGetValue key with
            | true, pattern when same level first[pattern] -> patternOf[level] <- pattern
            | _ ->
                known[key] <- first.Count
                patternOf[level] <- first.Count
                first.Add level

            level <- level + 1
            // Given up early when groups hardly repeat; a few groups are looked at to the end.
            isWorthwhile <- 3 * first.Count <= level + 64

        if isWorthwhile && 2 * first.Count <= levels then
            ValueSome {
                PatternOf = patternOf
                First = first.ToArray()
            }
        else
            ValueNone

    /// Per pattern the mean of Z'y, a root of its scatter (S×S by columns), and the number of groups.
    let summaries (products: GroupProducts) (patterns: GroupPatterns) : float[] * float[] * float[][] =
        let order = products.Order
        let last = products.P - 1
        let count = patterns.First.Length
        let sizes: float[] = Array.zeroCreate count
        let means: float[] = Array.zeroCreate (count * order)
        let scatters = Array.init count (fun _ -> Array.zeroCreate<float>(order * order))

        for level in 0 .. products.Levels - 1 do
            let pattern = patterns.PatternOf[level]
            sizes[pattern] <- sizes[pattern] + 1.0

            for i in 0 .. order - 1 do
                means[pattern * order + i] <- means[pattern * order + i] + products.Fixed(level, i, last)

        for k in 0 .. means.Length - 1 do
            means[k] <- means[k] / sizes[k / order]

        for level in 0 .. products.Levels - 1 do
            let pattern = patterns.PatternOf[level]
            let scatter = scatters[pattern]

            for j in 0 .. order - 1 do
                let right = products.Fixed(level, j, last) - means[pattern * order + j]

                for i in 0 .. order - 1 do
                    let left = products.Fixed(level, i, last) - means[pattern * order + i]
                    scatter[i + j * order] <- scatter[i + j * order] + left * right

        sizes, means, scatters |> Array.map (GroupRoot.ofSymmetric order)
